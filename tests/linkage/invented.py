"""An invented province whose units change names, merge, split and move, with the truth of who is who.

Written from what offices do, before there was anything that links: what a ledger holds of a unit in a year, how clerks
write names, what becomes of units. Every name, place and code is nobody's. `invent` gives the rows as ledgers have them
and, apart from them, `entity` of every row and what became of what.

A row of a year is either copied from the ledger of the year before or typed anew; what is typed anew can be wrong.
"""

from __future__ import annotations

import datetime as dt
from dataclasses import dataclass, field

import numpy as np
import pandas as pd

from evalkit.demo.names import credit_code

PROVINCE = "假设省"
CITIES = ("云溪市", "青屏市", "白石市")
DISTRICTS = (
    "东陵县 平湖区 石桥县 清河县 南岭区 松江县 永宁县 高台区 金山县 长丰县 临泉区 广岭县 双河县 太平区 新阳县 丰城县 安和区 "
    "凤山县 龙溪县 北塔区 宝川县 海棠县 玉屏区 梅岭县"
).split()
TOWNSHIPS = (
    "城关镇 河口镇 山前镇 东岭镇 西溪镇 南坪镇 北洲镇 站前街道 江滨街道 柳林乡 白沙镇 红岩乡 三岔镇 桃源街道"
).split()
ROADS = "人民路 解放路 建设路 中山路 文化路 新华街 滨河路 站前街 东风路 工农路".split()

BRAND_CHARS = (
    "鑫源宏达恒泰瑞丰华盛金诚兴隆利民康顺安和祥福永昌万佳天成德信明远创新同益嘉美博雅海通龙腾凤翔锦程星光东方中正立亿百众联合"
    "富强大洋汇丰宇辰启航卓越思源绿野青禾旭日晨曦长青江南银河玉泉松柏云峰"
)
POPULAR = (
    "宏达 鑫源 恒泰 瑞丰 华盛 金诚 兴隆 利民 康达 顺发 永昌 万佳 天成 德信 明远 创新 同益 嘉美 博雅 海通 龙腾 锦程 星光 东方 "
    "中正 富强 汇丰 启航 卓越 绿野 青禾 旭日 长青 银河 玉泉 便民 阳光 小太阳 蓝天 金色摇篮 爱心 红星 新希望 四海 五洲 鸿运 "
    "宏发 鑫缘 恒太 瑞峰"
).split()
ENTERPRISE_TRADES = {
    "制造业": "机械 机械制造 电子 电器 纺织 服装 家具 塑料制品 五金 食品 建材 包装 化工 木业 门窗".split(),
    "批发和零售业": "商贸 贸易 百货 超市 商业 农资 医药 汽车销售 石化".split(),
    "信息技术服务业": "科技 信息技术 网络科技 软件 智能科技".split(),
    "建筑业": "建设 建筑工程 装饰工程 市政工程 园林绿化".split(),
    "住宿和餐饮业": "餐饮 酒店 宾馆 餐饮管理".split(),
    "交通运输业": "物流 运输 汽车运输 快递".split(),
    "居民服务业": "家政服务 物业服务 物业管理 养老服务 劳务".split(),
    "商务服务业": "广告 咨询 人力资源 文化传媒".split(),
}
FORMS = {
    "有限公司": 0.58,
    "有限责任公司": 0.19,
    "股份有限公司": 0.02,
    "厂": 0.14,
    "集团有限公司": 0.02,
    "中心": 0.05,
}
SOCIAL = (  # kind, share, endings, industry
    ("社会团体", 0.3, ("协会", "商会", "学会", "联合会"), "社会组织"),
    ("社会服务机构", 0.2, ("服务中心", "社会工作服务中心", "志愿服务中心"), "社会组织"),
    ("民办学校", 0.25, ("幼儿园", "培训学校", "学校"), "教育"),
    ("民办医院", 0.1, ("医院", "门诊部", "口腔诊所"), "卫生"),
    ("律师事务所", 0.15, ("律师事务所",), "法律服务业"),
)
SOCIAL_TRADES = "养蜂 茶叶 建筑业 餐饮业 老年体育 书法 摄影 心理健康 青少年 助残 农机 果业".split()
SHOPS = "超市 百货店 便利店 药店 饭店 理发店 建材经营部 五金经营部 农资经营部 汽修厂".split()
FARMS = "种植 养殖 果蔬种植 茶叶种植 水产养殖 农机".split()

# characters that clerks take for one another, by sound or shape
CONFUSED = (
    "鑫新 源元 宏洪 宏鸿 恒衡 瑞锐 丰峰 丰沣 盛胜 诚成 隆龙 利力 康慷 顺舜 安按 祥详 福富 永勇 昌倡 佳家 佳嘉 天夭 德得 信讯 明名 "
    "创倡 益溢 博搏 海诲 通同 腾藤 翔祥 锦绵 程城 星兴 光广 方房 正政 亿忆 百佰 联连 汇惠 宇字 辰晨 启起 航杭 越跃 思恩 绿录 野墅 "
    "青清 禾和 旭序 河和 泉全 柏伯 云去 商尚 贸茂 械戒 装妆 饰饬 工公 程呈 物务 流留 服报 务物 询洵 管官 理里 餐歺 超起 园圆 校较 "
    "协胁 会全 未末 己已 土士 镇填"
).split()
TRADITIONAL = str.maketrans(
    "华业东电机车贸厂会长国万达兴龙凤远创联亿汇启绿云阳爱运鸿发缘医药汽设筑饰园务养劳询资传协学团师银",
    "華業東電機車貿廠會長國萬達興龍鳳遠創聯億匯啟綠雲陽愛運鴻發緣醫藥汽設築飾園務養勞詢資傳協學團師銀",
)
FULL_WIDTH = str.maketrans("0123456789ABCXYZ()", "０１２３４５６７８９ＡＢＣＸＹＺ（）")
DIGITS = "零一二三四五六七八九"
CAPITALS = "零壹贰叁肆伍陆柒捌玖"


@dataclass(frozen=True)
class Rates:
    """How often what happens: shares of units over all years, or of rows where it says so."""

    without_code: float = 0.42  # never has a code
    code_lost: float = 0.03  # rows whose code is left out
    code_wrong: float = 0.01  # rows whose code has a wrong or missing character
    renamed: float = 0.08
    merged: float = 0.03  # units that take part in a merger
    split: float = 0.01
    moved_near: float = 0.02  # to another township
    moved_far: float = 0.008  # to another district
    leaves: float = 0.05  # of the units of a year
    enters: float = 0.06
    unlisted: float = 0.012  # rows that a ledger forgot, the unit being there before and after
    copied: float = 0.5  # rows that repeat last year's spelling
    typing: float = 0.035  # rows typed anew with a wrong, omitted, doubled or swapped character
    legal_form: float = 0.06  # 有限公司 for 有限责任公司, 公司 for both
    prefix: float = 0.12  # a place before the name left out, or put there
    width: float = 0.05  # full-width digits, brackets, blanks
    traditional: float = 0.02
    former_told: float = 0.5  # changes that the ledger tells in 原名
    no_date: float = 0.15
    year_only: float = 0.10  # 创办时间 only as 1 January
    date_wrong: float = 0.02
    families: float = 0.16  # units that belong to 一厂 / 二厂, branches, chains, near names
    next_district: float = 0.02  # a unit of the same name in the district beside it
    name_reused: float = 0.002  # a later unit under the name of one that is gone
    silent: int = 1  # districts that send no ledger in one of the years between


@dataclass
class Entity:
    """A unit as it is: its names by year (None where it is not there) and what stays."""

    number: int
    kind: str
    sector: str
    industry: str
    started: dt.date
    employees: float
    members: int
    code: str | None
    names: list[str | None]
    districts: list[int]
    townships: list[str]
    former: dict[int, tuple[str, ...]] = field(default_factory=dict)
    written: str = ""
    date_written: str | None = None

    def there(self, year: int) -> bool:
        return self.names[year] is not None

    @property
    def last(self) -> int:
        return max(y for y, name in enumerate(self.names) if name is not None)

    @property
    def first(self) -> int:
        return min(y for y, name in enumerate(self.names) if name is not None)


@dataclass(frozen=True)
class World:
    """What is invented.

    Attributes
    ----------
    rows
        A row a unit and year as a ledger has it: period, area, unit_name, code, former_name, kind, sector, industry,
        started_on, employees, full_members, status; and ``entity``, which nobody who links may look at.
    became
        What became of what: kind (merged, split), ``before`` and ``after`` (entities), period.
    changed
        What happened to an entity: kind (renamed, moved), entity, period, ``told`` (a ledger names what it was).
    """

    rows: pd.DataFrame
    became: pd.DataFrame
    changed: pd.DataFrame


class _Inventor:
    def __init__(self, units: int, years: int, seed: int, rates: Rates, districts: int) -> None:
        self.rng = np.random.default_rng([seed, *b"linkage"])
        self.years, self.rates, self.n_districts = years, rates, districts
        self.first_year = 2021
        self.entities: list[Entity] = []
        self.became: list[tuple[str, int, int, int]] = []
        self.changed: list[tuple[str, int, int, bool]] = []
        self.taken: set[tuple[int, str]] = set()
        self.of_district: dict[int, list[Entity]] = {i: [] for i in range(districts)}
        self.serial = 100
        self.per_year = units
        self.districts = [
            f"{PROVINCE}/{CITIES[i % len(CITIES)]}/{DISTRICTS[i % len(DISTRICTS)]}"
            for i in range(districts)
        ]

    # --- chances
    def chance(self, share: float) -> bool:
        return bool(self.rng.random() < share)

    def one(self, of: list | tuple | str):
        return of[int(self.rng.integers(len(of)))]

    # --- names
    def brand(self) -> str:
        if self.chance(0.35):
            return self.one(POPULAR)
        return "".join(self.one(BRAND_CHARS) for _ in range(3 if self.chance(0.12) else 2))

    def place(self, district: int, township: str) -> str:
        area = self.districts[district].split("/")
        draw = self.rng.random()
        if draw < 0.25:
            return ""
        if draw < 0.55:
            return area[2]
        if draw < 0.75:
            return area[2][:-1]
        if draw < 0.85:
            return area[1]
        if draw < 0.92:
            return area[2] + township
        return PROVINCE

    def parts(self, district: int, township: str) -> dict[str, str]:
        """Place, brand, trade and form of a new unit, with its kind, sector and industry."""
        draw, place, brand = self.rng.random(), self.place(district, township), self.brand()
        if draw < 0.66:
            industry = self.one(list(ENTERPRISE_TRADES))
            form = str(self.rng.choice(list(FORMS), p=list(FORMS.values())))
            trade = self.one(ENTERPRISE_TRADES[industry])
            return dict(
                place=place,
                brand=brand,
                trade=trade,
                form=form,
                kind="法人企业",
                sector="enterprise",
                industry=industry,
            )
        if draw < 0.76:
            return dict(
                place=place if self.chance(0.5) else "",
                brand=brand,
                trade="",
                form=self.one(SHOPS),
                kind="个体工商户",
                sector="enterprise",
                industry="批发和零售业",
            )
        if draw < 0.82:
            return dict(
                place=place,
                brand=brand,
                trade=self.one(FARMS),
                form="专业合作社",
                kind="合作社",
                sector="enterprise",
                industry="农林牧渔业",
            )
        kind, _, endings, industry = SOCIAL[
            int(self.rng.choice(len(SOCIAL), p=[s[1] for s in SOCIAL]))
        ]
        trade = self.one(SOCIAL_TRADES) if kind in ("社会团体", "社会服务机构") else ""
        return dict(
            place=place or self.districts[district].split("/")[2],
            brand="" if trade and self.chance(0.6) else brand,
            trade=trade,
            form=self.one(endings),
            kind=kind,
            sector="social",
            industry=industry,
        )

    def free(self, district: int, name: str) -> bool:
        return (district, name) not in self.taken

    # --- units
    def unit(
        self, district: int, township: str, since: int, parts: dict[str, str], name: str
    ) -> Entity:
        """A unit that is there from a year on."""
        rng = self.rng
        year = (
            self.first_year + since - int(rng.integers(0, 2))
            if since and self.chance(0.8)
            else int(rng.integers(1995, self.first_year))
        )
        started = dt.date(year, int(rng.integers(1, 13)), int(rng.integers(1, 29)))
        self.serial += 1
        code = None
        if not self.chance(self.rates.without_code):
            prefix = {"enterprise": "91", "social": "52"}[parts["sector"]]
            prefix = {"个体工商户": "92", "合作社": "93"}.get(parts["kind"], prefix)
            code = credit_code(prefix, f"990{district + 1:03d}", self.serial)
        here = [name if y >= since else None for y in range(self.years)]
        self.taken.add((district, name))
        employees = float(np.exp(rng.normal(2.6, 1.1)))
        entity = Entity(
            number=len(self.entities),
            kind=parts["kind"],
            sector=parts["sector"],
            industry=parts["industry"],
            started=started,
            employees=max(1.0, employees),
            members=int(rng.poisson(0.6 + employees / 25)),
            code=code,
            names=here,
            districts=[district] * self.years,
            townships=[township] * self.years,
        )
        self.entities.append(entity)
        self.of_district[district].append(entity)
        return entity

    def settle(self, since: int) -> list[Entity]:
        """One new unit somewhere, or a family of such that are easily taken for one another."""
        district = int(self.rng.integers(self.n_districts))
        township = TOWNSHIPS[int(self.rng.integers(8)) + district % 6]
        if self.chance(self.rates.families / 2.6):
            return self.family(district, township, since)
        for _ in range(20):
            parts = self.parts(district, township)
            name = parts["place"] + parts["brand"] + parts["trade"] + parts["form"]
            if self.free(district, name):
                break
        out = [self.unit(district, township, since, parts, name)]
        if self.chance(self.rates.next_district) and self.n_districts > 1:
            beside = (district + 1) % self.n_districts
            bare = parts["brand"] + parts["trade"] + parts["form"]
            twin = (parts["place"] if self.chance(0.5) else "") + bare
            if parts["brand"] and self.free(beside, twin):
                at = since if self.chance(0.6) else int(self.rng.integers(self.years))
                out.append(self.unit(beside, township, at, parts, twin))
        return out

    def family(self, district: int, township: str, since: int) -> list[Entity]:
        parts = self.parts(district, township)
        while not parts["brand"] or parts["sector"] != "enterprise":
            parts = self.parts(district, township)
        stem = parts["place"] + parts["brand"] + parts["trade"]
        sort = int(self.rng.integers(6))
        size = int(self.rng.integers(2, 5))
        numbered = range(1, size + 1)
        if sort == 0:
            style = self.one(("{c}厂", "第{c}分厂", "{d}号厂", "第{c}加工厂"))
            names = [stem + style.format(c=DIGITS[n], d=n) for n in numbered]
        elif sort == 1:
            whole = stem + "有限公司"
            tails = ["", "分公司", "第二分公司", "第三分公司"]
            names = [whole + tail for tail in tails[:size]]
        elif sort == 2:
            roads = self.rng.permutation(ROADS)[:size]
            shop = self.one(SHOPS[:5])
            names = [f"{parts['brand']}{shop}（{road}店）" for road in roads]
        elif sort == 3:
            near = [next((p for p in CONFUSED if parts["brand"][-1] in p), "华盛")]
            other = near[0].replace(parts["brand"][-1], "")[:1] or "盛"
            brands = [parts["brand"], parts["brand"][:-1] + other]
            names = [parts["place"] + brand + parts["trade"] + parts["form"] for brand in brands]
        elif sort == 4:
            trades = ENTERPRISE_TRADES.get(parts["industry"], FARMS)
            some = self.rng.permutation(trades)[:size]
            names = [parts["place"] + parts["brand"] + trade + parts["form"] for trade in some]
        else:
            names = [f"{stem}{n}号{self.one(SHOPS[:2])}" for n in numbered]
        out = []
        swapped = self.chance(0.3)
        for at, name in enumerate(names):
            if not self.free(district, name):
                continue
            start = since if not swapped or at == 0 else int(self.rng.integers(self.years))
            where = township if self.chance(0.6) else self.one(TOWNSHIPS[:8])
            one = self.unit(district, where, start, parts, name)
            if sort in (1, 2) and at:
                one.kind = "分支机构" if sort == 1 else "个体工商户"
            if swapped and at == 0 and since < self.years - 1:
                self.leave(one, int(self.rng.integers(since + 1, self.years)))
            out.append(one)
        return out

    def leave(self, entity: Entity, year: int) -> None:
        entity.names[year:] = [None] * (self.years - year)

    # --- what becomes of them
    def populate(self) -> None:
        while len(self.entities) < self.per_year:
            self.settle(0)
        for year in range(1, self.years):
            there = [e for e in self.entities if e.there(year - 1) and e.there(year)]
            for entity in there:
                if self.chance(self.rates.leaves):
                    self.leave(entity, year)
            wanted = int(self.rates.enters * self.per_year)
            made = 0
            while made < wanted:
                made += len(self.settle(year))
        self.reuse_names()

    def reuse_names(self) -> None:
        gone = [e for e in self.entities if e.last < self.years - 1]
        wanted = round(self.rates.name_reused * self.per_year)
        for at in self.rng.permutation(len(gone))[:wanted].tolist():
            old = gone[at]
            name = old.names[old.last]
            since = old.last + 1
            parts = dict(kind=old.kind, sector=old.sector, industry=old.industry)
            again = self.unit(old.districts[-1], self.one(TOWNSHIPS[:8]), since, parts, str(name))
            again.started = dt.date(
                self.first_year + since,
                int(self.rng.integers(1, 13)),
                int(self.rng.integers(1, 29)),
            )

    def chosen(self, share: float, used: set[int]) -> list[tuple[Entity, int]]:
        """Units that something happens to, each in a year in which it was there before and is there."""
        able = [e for e in self.entities if e.number not in used and e.last > e.first]
        wanted = min(len(able), round(share * len(self.entities)))
        out = []
        for at in self.rng.permutation(len(able))[:wanted].tolist():
            entity = able[at]
            out.append((entity, int(self.rng.integers(entity.first + 1, entity.last + 1))))
            used.add(entity.number)
        return out

    def rename(self, entity: Entity, year: int) -> None:
        old = str(entity.names[year - 1])
        place = next(
            (
                p
                for p in self.places(entity.districts[year], entity.townships[year])
                if old.startswith(p)
            ),
            "",
        )
        rest = old[len(place) :]
        form = next(
            (f for f in sorted([*FORMS, *SHOPS], key=len, reverse=True) if rest.endswith(f)), ""
        )
        middle = rest[: len(rest) - len(form)] if form else rest
        trade = next(
            (t for t in self.trades(entity) if middle.endswith(t) and len(middle) > len(t)), ""
        )
        brand = middle[: len(middle) - len(trade)] if trade else middle
        draw = self.rng.random()
        if draw < 0.40 or not form:
            brand = self.brand() if form else brand + self.one(BRAND_CHARS)
        elif draw < 0.65:
            trade = self.one(self.trades(entity)) if trade else self.one(("科技", "发展", "实业"))
        elif draw < 0.80:
            form = {
                "厂": "有限公司",
                "有限公司": "股份有限公司",
                "有限责任公司": "集团有限公司",
            }.get(form, "有限公司")
        else:
            brand = self.brand()
            trade = self.one(self.trades(entity))
            place = self.place(entity.districts[year], entity.townships[year])
        new = place + brand + trade + form
        if new == old or not self.free(entity.districts[year], new):
            new = place + self.brand() + self.one(BRAND_CHARS) + trade + form
        self.taken.add((entity.districts[year], new))
        for later in range(year, self.years):
            if entity.there(later):
                entity.names[later] = new
        told = self.chance(self.rates.former_told)
        if told:
            entity.former[year] = (old,)
        self.changed.append(("renamed", entity.number, year, told))

    def places(self, district: int, township: str) -> list[str]:
        _, city, county = self.districts[district].split("/")
        return [county + township, county, county[:-1], city, PROVINCE]

    def trades(self, entity: Entity) -> list[str]:
        return ENTERPRISE_TRADES.get(
            entity.industry, FARMS if entity.kind == "合作社" else SOCIAL_TRADES
        )

    def merge(self, one: Entity, year: int, used: set[int]) -> None:
        beside = [
            e
            for e in self.of_district[one.districts[0]]
            if e.number not in used
            and e.sector == one.sector
            and e.there(year - 1)
            and e.there(year)
        ]
        if not beside:
            return
        other = self.one(beside)
        used.add(other.number)
        names = (str(one.names[year - 1]), str(other.names[year - 1]))
        told = self.chance(self.rates.former_told + 0.1)
        if self.chance(0.6):
            self.leave(other, year)
            one.employees += other.employees
            if told:
                one.former[year] = (names[1],)
            self.became.append(("merged", other.number, one.number, year))
            return
        parts = dict(kind=one.kind, sector=one.sector, industry=one.industry)
        new = (
            self.brand()
            + self.one(BRAND_CHARS)
            + self.one(self.trades(one))
            + ("有限公司" if one.sector == "enterprise" else "服务中心")
        )
        if not self.free(one.districts[0], new):
            return
        self.leave(one, year)
        self.leave(other, year)
        union = self.unit(one.districts[0], one.townships[0], year, parts, new)
        union.started = dt.date(self.first_year + year, int(self.rng.integers(1, 13)), 15)
        union.employees = one.employees + other.employees
        if told:
            union.former[year] = names
        used.add(union.number)
        for gone in (one, other):
            self.became.append(("merged", gone.number, union.number, year))

    def divide(self, one: Entity, year: int, used: set[int]) -> None:
        parts = dict(kind=one.kind, sector=one.sector, industry=one.industry)
        old = str(one.names[year - 1])
        trade = self.one(self.trades(one))
        stem = old[:4] if self.chance(0.5) else self.brand()
        name = stem + trade + ("有限公司" if one.sector == "enterprise" else "中心")
        if not self.free(one.districts[year], name):
            return
        new = self.unit(one.districts[year], one.townships[year], year, parts, name)
        new.started = dt.date(self.first_year + year, int(self.rng.integers(1, 13)), 20)
        new.employees = one.employees * 0.3 + 1
        one.employees *= 0.7
        if self.chance(self.rates.former_told + 0.1):
            new.former[year] = (old,)
        used.add(new.number)
        self.became.append(("split", one.number, new.number, year))

    def move(self, entity: Entity, year: int, far: bool) -> None:
        if far:
            to = (entity.districts[year] + int(self.rng.integers(1, 3))) % self.n_districts
            name = str(entity.names[year])
            here = self.districts[entity.districts[year]].split("/")[2]
            if name.startswith(here) and self.chance(0.5):
                name = self.districts[to].split("/")[2] + name[len(here) :]
            if not self.free(to, name) or to == entity.districts[year]:
                return
            self.taken.add((to, name))
            for later in range(year, self.years):
                entity.districts[later] = to
                if entity.there(later):
                    entity.names[later] = name
        township = self.one([t for t in TOWNSHIPS[:8] if t != entity.townships[year]])
        for later in range(year, self.years):
            entity.townships[later] = township
        self.changed.append(("moved", entity.number, year, False))

    def happen(self) -> None:
        used: set[int] = set()
        rates = self.rates
        for entity, year in self.chosen(rates.merged / 2, used):
            self.merge(entity, year, used)
        for entity, year in self.chosen(rates.split, used):
            self.divide(entity, year, used)
        for entity, year in self.chosen(rates.renamed, used):
            self.rename(entity, year)
        for far, share in ((False, rates.moved_near), (True, rates.moved_far)):
            for entity, year in self.chosen(share, used):
                self.move(entity, year, far)

    # --- how clerks write
    def wrong(self, name: str) -> str:
        """A wrong, omitted, doubled or swapped character."""
        at = int(self.rng.integers(len(name)))
        draw = self.rng.random()
        if draw < 0.55:
            able = [
                (i, pair.replace(c, ""))
                for i, c in enumerate(name)
                for pair in CONFUSED
                if c in pair
            ]
            if able:
                at, other = self.one(able)
                return name[:at] + other[:1] + name[at + 1 :]
            return name[:at] + self.one(BRAND_CHARS) + name[at + 1 :]
        if draw < 0.8:
            return name[:at] + name[at + 1 :]
        if draw < 0.9:
            return name[:at] + name[at] + name[at:]
        at = min(at, len(name) - 2)
        return name[:at] + name[at + 1] + name[at] + name[at + 2 :]

    def typed(self, name: str, district: int, township: str) -> str:
        rates = self.rates
        if self.chance(rates.prefix):
            places = self.places(district, township)
            has = next((p for p in places if name.startswith(p) and len(name) > len(p) + 3), "")
            name = name[len(has) :] if has else self.one([*places[1:3], places[3]]) + name
        if self.chance(rates.legal_form):
            if "有限责任公司" in name:
                name = name.replace("有限责任公司", "有限公司")
            elif name.endswith("有限公司"):
                name = name[:-4] + self.one(("有限责任公司", "公司", "有限责任公司", ""))
        if self.chance(rates.typing):
            name = self.wrong(name)
        if self.chance(rates.traditional):
            name = name.translate(TRADITIONAL)
        if self.chance(rates.width):
            draw = self.rng.random()
            if draw < 0.4:
                name = name.translate(FULL_WIDTH)
            elif draw < 0.7:
                name = name.replace("（", "(").replace("）", ")")
            else:
                at = int(self.rng.integers(1, len(name)))
                name = name[:at] + self.one((" ", "　")) + name[at:]
        if self.chance(0.1):  # the same number in other figures
            for n in range(1, 6):
                for style in (f"{n}号", f"第{DIGITS[n]}", f"{DIGITS[n]}厂"):
                    if style in name and self.chance(0.5):
                        figures = (
                            str(n),
                            DIGITS[n],
                            CAPITALS[n] if style.endswith("号") else DIGITS[n],
                        )
                        name = name.replace(
                            style,
                            style.replace(str(n), self.one(figures)).replace(
                                DIGITS[n], self.one(figures)
                            ),
                        )
                        break
        return name

    def code_written(self, code: str | None) -> str | None:
        if code is None or self.chance(self.rates.code_lost):
            return None
        if self.chance(self.rates.code_wrong):
            at = int(self.rng.integers(8, 17))
            swap = str((int(code[at]) + 1) % 10) if code[at].isdigit() else "7"
            return code[:at] + (swap if self.chance(0.6) else "") + code[at + 1 :]
        return code

    def date_typed(self, started: dt.date) -> str | None:
        if self.chance(self.rates.no_date):
            return None
        if self.chance(self.rates.year_only):
            return f"{started.year}-01-01"
        if self.chance(self.rates.date_wrong):
            wrong = self.rng.integers(-40, 40)
            started += dt.timedelta(days=int(wrong) or 10)
        return started.isoformat()

    def former_told(self, entity: Entity, year: int, name: str) -> tuple[str, str | None]:
        """The name with 原名 behind it, or 原名 in its column: in the year of the change, sometimes still later."""
        told = [y for y in entity.former if y == year or (y < year and self.chance(0.4))]
        if not told:
            return name, None
        names = [self.typed(n, entity.districts[year], "") for n in entity.former[max(told)]]
        text = "、".join(names)
        draw = self.rng.random()
        if len(names) == 1 and draw < 0.2:
            return f"{name}（{self.one(('原', '原名：', '曾用名'))}{text}）", None
        return name, self.one(("", "", "原名：", "由", "原")) + text + (
            "合并" if len(names) > 1 and self.chance(0.5) else ""
        )

    def rows(self) -> pd.DataFrame:
        out = []
        silent = {
            (int(self.rng.integers(self.n_districts)), int(self.rng.integers(1, self.years - 1)))
            for _ in range(self.rates.silent if self.years > 2 else 0)
        }
        for year in range(self.years):
            for entity in self.entities:
                name = entity.names[year]
                if name is None or (entity.districts[year], year) in silent:
                    continue
                between = entity.first < year < entity.last
                if between and self.chance(self.rates.unlisted) and year not in entity.former:
                    continue
                district, township = entity.districts[year], entity.townships[year]
                same = year and entity.names[year - 1] == name
                if not (entity.written and same and self.chance(self.rates.copied)):
                    entity.written = self.typed(name, district, township)
                    entity.date_written = self.date_typed(entity.started)
                written, former = self.former_told(entity, year, entity.written)
                entity.employees = max(
                    1.0, entity.employees * float(np.exp(self.rng.normal(0, 0.1)))
                )
                entity.members = max(0, entity.members + int(self.rng.integers(-1, 2)))
                out.append(
                    {
                        "period": str(self.first_year + year),
                        "area": f"{self.districts[district]}/{township}",
                        "unit_name": written,
                        "code": self.code_written(entity.code),
                        "former_name": former,
                        "kind": entity.kind,
                        "sector": entity.sector,
                        "industry": None if self.chance(0.05) else entity.industry,
                        "started_on": entity.date_written,
                        "employees": None if self.chance(0.05) else round(entity.employees),
                        "full_members": None if self.chance(0.05) else entity.members,
                        "status": "operating",
                        "entity": entity.number,
                    }
                )
        frame = pd.DataFrame(out)
        order = self.rng.permutation(len(frame))
        return frame.iloc[order].sort_values(["period", "area"], kind="stable", ignore_index=True)


def invent(
    units: int = 20_000,
    years: int = 5,
    seed: int = 1,
    rates: Rates | None = None,
    districts: int = 24,
) -> World:
    """An invented province: ``units`` units in its first year, about as many in each later one."""
    inventor = _Inventor(units, years, seed, rates or Rates(), districts)
    inventor.populate()
    inventor.happen()
    rows = inventor.rows()
    name = {year: str(inventor.first_year + year) for year in range(years)}
    became = pd.DataFrame(inventor.became, columns=["kind", "before", "after", "period"])
    changed = pd.DataFrame(inventor.changed, columns=["kind", "entity", "period", "told"])
    for frame in (became, changed):
        frame["period"] = frame["period"].map(name)
    return World(rows, became, changed)
