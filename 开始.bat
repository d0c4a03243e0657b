@echo off
rem Double click: a menu. Folders or files dropped on this icon are checked. Chinese text is printed by start.py.
setlocal
chcp 65001 >nul
pushd "%~dp0"
set "PY="
py -3 -c "import sys" >nul 2>nul
if not errorlevel 1 set "PY=py -3"
if defined PY goto run
python -c "import sys" >nul 2>nul
if not errorlevel 1 set "PY=python"
if defined PY goto run
type docs\no-python.txt
pause
popd
exit /b 2
:run
%PY% start.py menu %*
if errorlevel 2 pause
popd
