"""Persons stay out: personal data recognised by heading and by content, reported by kind only.

What is recognised never travels on: no function here returns or logs a personal datum. Codes of units are no persons:
a valid unified social credit code (GB 32100) is let through, and so are dates, amounts and names of units.
"""

from __future__ import annotations

import datetime as dt
import re
from collections.abc import Mapping, Sequence
from functools import lru_cache
from typing import Any

_FULL = {0xFF01 + i: 0x21 + i for i in range(94)} | {0x3000: " ", 0xA0: " "}  # one to one: places stay places

KIND_NAMES = {
    "name": "姓名",
    "identity": "身份证件号码",
    "phone": "电话号码",
    "bank_card": "银行卡号",
    "birth": "出生日期",
    "address": "住址",
    "email": "电子邮箱或社交账号",
    "grade": "个人考核等次",
    "allowance": "个人津补贴",
    "personal": "其他个人信息",
    "code": "人员编号",
    "remark": "备注（自由文字）",
}

_PROVINCES = frozenset(
    "11 12 13 14 15 21 22 23 31 32 33 34 35 36 37 41 42 43 44 45 46 50 51 52 53 54 61 62 63 64 65 71 81 82 83".split()
)
_CREDIT = {c: i for i, c in enumerate("0123456789ABCDEFGHJKLMNPQRTUWXY")}
_CREDIT_WEIGHTS = [pow(3, i, 31) for i in range(17)]
_ID_WEIGHTS = [pow(2, 17 - i, 11) for i in range(17)]
_SURNAMES = frozenset(
    "王李张刘陈杨黄赵吴周徐孙马朱胡郭何林高罗郑梁谢宋唐许韩邓冯曹彭曾肖萧田董潘袁蔡蒋余于杜叶程魏苏吕丁任"
    "卢姚沈钟姜崔谭陆范汪廖石金韦贾夏付方邹熊白孟秦邱侯江尹薛"
    "闫段雷龙黎史陶贺毛郝顾龚邵万覃武钱戴严莫孔向常汤康易乔赖文樊兰殷施洪翟安颜倪牛温芦季俞章鲁葛伍申尤毕"
    "聂柴焦岳齐梅庄辛管祝左涂谷祁舒耿牟卜路詹关苗凌费纪靳盛童欧甄项曲成游阳裴席卫查屈鲍位覃霍翁隋植甘景薄"
    "单包司柏宁柯阮桂闵解强丛华车冉房边喻丘骆佘"
)  # fmt: skip
_DOUBLE = ("欧阳", "上官", "司马", "诸葛", "东方", "皇甫", "尉迟", "公孙", "慕容", "令狐", "夏侯", "司徒", "端木")
# words that begin with a surname and are none
_WORDS = frozenset(
    "金融 方案 安全 安装 安徽 江苏 江西 江南 江北 江东 石油 石化 马鞍山 高新 高校 高级 "
    "高中 高速 成立 成人 单独 单位 向上 常规 常务 文化 文教 文体 文艺 文明 文旅 华东 "
    "华北 华南 包装 车间 车辆 房产 房地产 管理 管委会 康复 康养 "
    "项目 关停 关闭 路桥 游戏 景区 季度 万元 万人 万家 万 毕业 左右 余额 任务 任职 "
    "解散 解除 强 强制 金属 金牌 白银 黄金 范围 方式 施工 应建 应届 盛大 齐全 林业 "
    "牧业 农业 钟表 陶瓷 石材 温泉 雷达 龙头 "
    "纪检 纪委 单建 联建 单一 单个 易地 何时 何地 计划 于洪 党群 章程 项 江 段 伍 万 "
    "路 成员 成果 成效 关怀 关爱 温暖 高效 向心 梅花 兰花 阳光 白云 黄河 长江 国庆 "
    "白领 童装 鲁菜 费用 关键 许可 夏季 秦皇岛 常州 温州 台州 金华 安庆 贺州 柳州 梅州 "
    "广州 苏州 徐州 杭州 湖州 "
    "合格 优秀 良好 正常 一般 较好".split()
)  # fmt: skip
_PLACE = re.compile(
    r".*(?:[省市区县镇乡村街路园港湾]|街道|社区|公司|企业|集团|支部|党委|总支|协会|商会|学会|中心|医院|学校|幼儿园|学院|银行|事务所|合作社|基金会|店|厂|所|部|局|委|办|站|社|会|室|业|类|型|级|费|款|率|数|额|元|年|月|日)"
)
_NAME = re.compile(r"[一-鿿]{2,4}|[一-鿿]{1,6}·[一-鿿·]{1,12}")

_HEADINGS: tuple[tuple[str, re.Pattern[str]], ...] = tuple(
    (kind, re.compile(pattern))
    for kind, pattern in (
        ("identity", r"身份证|身份号码|证件号|护照"),
        ("phone", r"电话|手机|联系方式|座机|传真"),
        ("bank_card", r"银行卡|银行账号|银行帐号|银行账户|卡号|收款账号|收款帐号|^(?:个人)?账号|开户行"),
        ("email", r"邮箱|电子邮件|e-?mail|微信号?$|^qq|qq号"),
        ("birth", r"出生|生日|^年龄$"),
        ("address", r"住址|家庭地址|居住地|籍贯|户籍地?|^民族$"),
        ("grade", r"(?:个人|书记|指导员|人员|年度)考核(?:等次|等级|结果|得分)|^考核等次"),
        ("allowance", r"津贴|工资|薪酬|薪资|报酬|(?:书记|指导员|个人|人员|工作)补[贴助]|绩效奖"),
        ("personal", r"^性别|^学历|^文化程度|^职务(?!数)|^职称|入党(?:时间|日期)|政治面貌|转正时间|毕业院校|婚姻"),
        ("code", r"(?:指导员|书记|人员|党员|志愿者|工作者)(?:编号|编码|代码|工号)|^工号"),
        ("remark", r"^备\s*注|^说明$|情况说明"),
        (
            "name",
            r"姓\s*名|联系人|法定代表人|法人代表|负责人|经办人|填报人|填表人|审核人|报送人|责任人|签字|签名|户主|收款人|(?:党组织|党委|党支部|党总支|总支|支部|第一)?书记$|"
            r"副书记$|^(?:主任|董事长|总经理|经理|会长|理事长|秘书长|校长|园长|院长|党务工作者|委员)$|联络员$|(?:党员|人员|委员|指导员|申请人|积极分子|班子成员)名单",
        ),
    )
)  # fmt: skip
_COUNTED = re.compile(r"[数率量]$|人数|个数|总数|占比|比例|是否|有无|配备|合计|次数")
_ORGANISATION = re.compile(r"(?:单位|企业|部门|机构|组织|支部)(?:名称|性质|类型|类别)?$")

_LONG = re.compile(r"(?<![0-9A-Za-z])[0-9](?:[0-9]|[ -](?=[0-9])){13,22}[0-9Xx]?(?![0-9A-Za-z])")
_MOBILE = re.compile(r"(?<![0-9A-Za-z.])(?:\+?86[ -]?)?1[3-9]\d[ -]?\d{4}[ -]?\d{4}(?![0-9A-Za-z])")
_LANDLINE = re.compile(
    r"(?<![0-9A-Za-z.])(?:0\d{2,3}[- ]?[2-9]\d{6,7}|\(0\d{2,3}\)[ -]?[2-9]\d{6,7}|"
    r"400[- ]\d{3}[- ]\d{4})(?:[-转]\d{1,5})?(?![0-9A-Za-z])"
)
_EMAIL = re.compile(r"[\w.+-]+@[\w-]+(?:\.[\w-]+)+", re.ASCII)
_CALLED = re.compile(
    r"(?P<cue>(?:书记|联系人|负责人|经办人|指导员|主任|法人|法定代表人|姓名|会长|经理|董事长|党员)[:： ]{0,2}|由|[(（])"
    r"(?P<name>[一-鿿]{2,3})(?=$|[,，。;；、)） \d(（]|同志|书记|电话|手机|主任|先生|女士|担任|兼任|任)"
)
_TITLED = re.compile(rf"(?P<name>[{''.join(sorted(_SURNAMES))}][一-鿿]{{1,2}})(?=同志|先生|女士|书记|主任)")


def credit_code_valid(text: Any) -> bool:
    """Whether a text is a unified social credit code of 18 characters with its check character (GB 32100-2015).

    Check: ``31 - sum(value_i * 3^i) mod 31`` over the first 17 characters, values in 0-9A-Y without I, O, S, V, Z.
    """
    s = _compact(text)
    if len(s) != 18 or any(c not in _CREDIT for c in s):
        return False
    return (31 - sum(_CREDIT[c] * w for c, w in zip(s, _CREDIT_WEIGHTS, strict=False)) % 31) % 31 == _CREDIT[s[17]]


def _compact(text: Any) -> str:
    if isinstance(text, float):
        text = str(int(text)) if text == text and abs(text) < 1e20 and text == int(text) else ""
    return re.sub(r"[\s-]", "", str(text).translate(_FULL)).upper().strip("'\"‘’")


def _born(digits: str) -> bool:
    try:
        return dt.date(1890, 1, 1) < dt.date(int(digits[:4]), int(digits[4:6]), int(digits[6:8])) < dt.date(2100, 1, 1)
    except ValueError:
        return False


def id_check(s: str) -> bool:
    """Whether the check digit of an 18-digit identity number fits (GB 11643-1999, ISO 7064 MOD 11-2)."""
    return "10X98765432"[sum(int(c) * w for c, w in zip(s, _ID_WEIGHTS, strict=False)) % 11] == s[17]


def _number_kind(s: str) -> str | None:
    """Kind of a run of digits without blanks: identity card (GB 11643), or bank card (16 to 19 digits, Luhn).

    A mistyped identity number (region and day of birth right, check digit wrong) is still somebody's: it counts as one
    unless it is a credit code.
    """
    born = len(s) == 18 and s[:17].isdigit() and s[:2] in _PROVINCES and _born(s[6:14])
    if born and (id_check(s) or not credit_code_valid(s)):
        return "identity"
    if len(s) == 15 and s.isdigit() and s[:2] in _PROVINCES and _born("19" + s[6:12]):
        return "identity"
    if s.isdigit() and 16 <= len(s) <= 19 and s[0] in "34569" and not credit_code_valid(s):
        double = [int(c) for c in reversed(s)]
        if sum(d if i % 2 == 0 else d * 2 - 9 * (d > 4) for i, d in enumerate(double)) % 10 == 0:
            return "bank_card"
    return None


def heading_kind(heading: str, *, table: str = "") -> str | None:
    """The kind of personal data a heading announces, or None.

    ``table`` is the table the sheet was recognised as: 补贴 and 考核 are a person's in a ledger of instructors and an
    organisation's in a ledger of funds. Counts (书记人数), yes-or-no columns and units are no persons.
    """
    s = re.sub(r"\s", "", str(heading).translate(_FULL))
    s = re.sub(r"\([^)]*\)", "", s) or s
    for kind, pattern in _HEADINGS:
        if pattern.search(s):
            if kind in ("name", "code", "grade", "personal", "birth") and (
                _COUNTED.search(s) or _ORGANISATION.search(s)
            ):
                continue
            if (
                kind == "allowance"
                and not re.search(r"津贴|工资|薪|报酬|书记|指导员|个人|人员", s)
                and not table.startswith("instructor")
            ):
                continue
            return kind
    if table.startswith("instructor"):
        if "补贴" in s or "补助" in s:
            return "allowance"
        if re.search(r"考核|等次|评定", s):
            return "grade"
        if re.fullmatch(r"(?:党建)?指导员|编号|指导员名称", s):
            return "code"
    return None


@lru_cache(maxsize=65_536)
def _text_kind(text: str) -> str | None:
    s = text.translate(_FULL)
    if "@" in s and _EMAIL.search(s):
        return "email"
    if sum(c.isdigit() for c in s) < 9:
        return None
    for m in _LONG.finditer(s):
        if kind := _number_kind(_compact(m[0])):
            return kind
    return "phone" if _MOBILE.search(s) or _LANDLINE.search(s) else None


def cell_kind(text: Any) -> str | None:
    """The kind of personal number in a cell (identity, phone, bank_card, email), or None.

    Looks at text and at numbers: an identity number stored as a number has lost its last digits and is known by
    region and day of birth.
    """
    if isinstance(text, str):
        return _text_kind(text)
    if isinstance(text, (int, float)) and not isinstance(text, bool) and 1e10 <= text < 1e19 and text == int(text):
        s = str(int(text))
        if len(s) == 18 and s[:2] in _PROVINCES and _born(s[6:14]):
            return "identity"
        return _number_kind(s) or ("phone" if re.fullmatch(r"1[3-9]\d{9}", s) else None)
    return None


def name_like(text: Any) -> bool:
    """Whether a text can be the name of a person, or several; only a column of them is evidence (see `columns`)."""
    pieces = [p for p in re.split(r"[、,，;；/\n]", str(text).strip()) if p.strip()]
    return 0 < len(pieces) <= 12 and all(_one_name(p) for p in pieces)


def _one_name(piece: str) -> bool:
    s = re.sub(r"\s", "", piece)
    s = re.sub(r"[(（][男女代兼]{1,2}[)）]$", "", s)
    if not _NAME.fullmatch(s) or _PLACE.fullmatch(s) or any(s.startswith(w) and (len(w) > 1 or s == w) for w in _WORDS):
        return False
    return "·" in s or (s[0] in _SURNAMES and len(s) <= 3) or (s.startswith(_DOUBLE) and len(s) >= 3)


_SAFE = re.compile(
    r"镇|乡|街|园区|地区|区县|县区|城市|行业|单位|企业|公司|名称|组织|支部|党委|类型|状态|方式|地点|场所|主题|项目|级别|类别|指标|来源|用途|条线|分类|性质|机关|部门|群团|原因|关系"
)


def columns(frame: Mapping[str, Sequence[Any]], *, table: str = "") -> dict[str, str]:
    """Headings of the columns that hold personal data -> kind: by heading, else by what most cells are.

    Numbers: at least half of the filled cells. Names: at least two different ones and 60% of the filled cells look
    like names, in a column whose heading does not speak of units, places or classes.
    """
    found: dict[str, str] = {}
    for heading, cells in frame.items():
        kind = heading_kind(heading, table=table)
        filled = [c for c in cells if c is not None and c == c and str(c).strip()] if kind is None else []
        if filled:
            kinds = [k for c in filled if (k := cell_kind(c))]
            if len(kinds) * 2 >= len(filled):
                kind = max(sorted(set(kinds)), key=kinds.count)
            elif not _SAFE.search(str(heading)):
                names = [c for c in filled if isinstance(c, str) and name_like(c)]
                if len(set(names)) >= 2 and len(names) >= 0.6 * len(filled):
                    kind = "name"
        if kind:
            found[heading] = kind
    return found


def scrub(text: str) -> tuple[str, tuple[str, ...]]:
    """A text without personal numbers and without names that are announced (书记张某, 联系人：…): (text, kinds).

    Each place taken out becomes ``〔略〕``. A name that nothing announces cannot be told from other words: free text
    is dropped from tables for that reason, and this function serves only for what must be quoted.
    """
    s, kinds = str(text), []
    spans: list[tuple[int, int]] = []
    wide = s.translate(_FULL)
    for pattern, kind in (
        (_LONG, ""),
        (_MOBILE, "phone"),
        (_LANDLINE, "phone"),
        (_EMAIL, "email"),
        (_CALLED, "name"),
        (_TITLED, "name"),
    ):
        for m in pattern.finditer(wide):
            here = kind or _number_kind(_compact(m[0])) or ""
            piece = m.span("name") if kind == "name" else m.span()
            if (
                not here
                or (kind == "name" and not _one_name(m["name"]))
                or any(a < piece[1] and piece[0] < b for a, b in spans)
            ):
                continue
            spans.append(piece)
            kinds.append(here)
    for a, b in sorted(spans, reverse=True):
        s = f"{s[:a]}〔略〕{s[b:]}"
    return s, tuple(dict.fromkeys(kinds))


def shown(cell: Any, limit: int = 40) -> str:
    """How a cell may be quoted in a problem: nothing of a person, at most ``limit`` characters."""
    if cell_kind(cell) and not isinstance(cell, str):
        return "〔略〕"
    s = re.sub(r"\s+", " ", scrub(str(cell))[0]).strip()
    s = re.sub(
        r"[(（][^()（）]*[一-鿿]{2,}[^()（）]*[)）]", lambda m: "（…）" if _bracket_names(m[0][1:-1]) else m[0], s
    )
    if name_like(s) or name_like(s.replace("〔略〕", "")):
        return "〔略〕"
    return s if len(s) <= limit else s[: limit - 1] + "…"


_NUMERIC = re.compile(
    r"(?:[\d\s.,，、%％‰/:：;；+\-~～—－()（）<>＜＞≈≤≥¥￥#!?？×xX*=]|约|近|逾|余|多|左右|上下|以上|以下|不足|超过|至|到|[〇零一二两三四五六七八九十百千万亿壹贰叁肆伍陆柒捌玖拾佰仟]|"
    r"含|其中|预备|正式|流动|党员|群众|积极分子|全体|全部|人|名|家|个|户|次|场|组|元|角|分|整|星|岁|年|月|日|季度|上半年|下半年|无|未拨|空|缺|不详|暂无|未填|待定|待补|略|〔|〕|"
    r"#(?:REF|VALUE|N/A|DIV/0|NAME|NUM|NULL))+"
)  # fmt: skip


def number_shown(cell: Any, limit: int = 40) -> str:
    """How a cell of a column of numbers or dates may be quoted: digits and words of counting; any other word is 〔略〕."""
    text = re.sub(r"\s+", " ", scrub(str(cell))[0])
    out, at = "", 0
    for m in _NUMERIC.finditer(text):
        out += ("〔略〕" if m.start() > at else "") + m[0]
        at = m.end()
    out += "〔略〕" if at < len(text) else ""
    return out if len(out) <= limit else out[: limit - 1] + "…"


def free_of_names(text: Any) -> bool:
    """Whether no part of a free text can begin a name: what may be quoted of a reason that somebody typed."""
    s = str(text)
    return not scrub(s)[1] and not any(c in _SURNAMES and not any(s.startswith(w, i) for w in _WORDS if len(w) > 1) for i, c in enumerate(s))


def _bracket_names(inner: str) -> bool:
    return any(_one_name(p) for p in re.split(r"[、,，;；:： /]", inner) if p)
