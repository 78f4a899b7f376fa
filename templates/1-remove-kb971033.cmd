@echo off
rem SPDX-License-Identifier: Apache-2.0
rem Removes update KB971033 (Windows Activation Technologies) from a volume-licensed
rem Windows 7: Microsoft KB 4487266. Run it elevated or as SYSTEM, from the folder that
rem also holds its host list (same name, .hosts.txt), best on a local disk:
rem     {{SCRIPT}}.cmd [/force]
rem Machines that are not in the list are refused; /force runs on them too, and lifts nothing
rem else.
rem A name without a domain in the list stands for machines of that name in any domain: the
rem log has a warning then.
rem wusa does not work over a WinRM session: use a deployment tool, psexec or a task.
rem It never restarts the machine. After a restart it can be run again to make sure.
rem
rem Exit codes
rem     0     the update is not installed (any more)
rem     3010  removed, or its removal waits or may wait for a restart: restart the machine
rem     10    wrong use
rem     11    not elevated
rem     12    not Windows 7
rem     13    this machine is not in the host list, or the list is not there
rem     14    64-bit Windows, but its 64-bit cmd.exe could not be used
rem     15    the log could not be written
rem     16    the state of the package could not be read
rem     20    wusa and dism were tried, the update is still installed: see the log, and CBS.log
rem           and DISM.log beside it
rem Log: %SystemRoot%\Logs\spptriage-remediation.log (only administrators write there)
{{COMMON_START}}
set "restart="
call :read_package_state
call :log the package of KB971033 is %package_state%
if "%package_state%"=="unknown" goto state_unknown
if "%package_state%"=="removing" goto restart_needed
if "%package_state%"=="absent" goto not_installed

rem Exit codes of wusa and dism are logged and only ever add the need to restart.
call :log wusa /uninstall /kb:971033 /quiet /norestart
start "" /wait %system32%\wusa.exe /uninstall /kb:971033 /quiet /norestart
set "code=%errorlevel%"
call :read_package_state
call :log wusa ended with %code%, the package is %package_state%
if "%code%"=="3010" set "restart=1"
if "%package_state%"=="unknown" goto judge
if "%package_state%"=="removing" goto judge
if "%package_state%"=="absent" goto judge
if defined restart if not "%package_state%"=="installed" goto judge

rem Names of packages are the same in every display language.
set "package="
call :find_listed_package "{{PACKAGE_AMD64}}"
call :find_listed_package "{{PACKAGE_X86}}"
if not defined package call :log dism /online /get-packages does not name the package
if not defined package goto judge
call :log dism /online /Remove-Package /PackageName:%package% /quiet /norestart
%system32%\dism.exe /online /Remove-Package /PackageName:%package% /quiet /norestart <nul >>"%log%" 2>&1
set "code=%errorlevel%"
call :read_package_state
call :log dism ended with %code%, the package is %package_state%
if "%code%"=="3010" set "restart=1"

:judge
rem The table of these states stands at look_at_package.
if "%package_state%"=="unknown" goto state_unknown
if "%package_state%"=="removing" goto restart_needed
if "%package_state%"=="installed" goto still_installed
if defined restart goto restart_needed
if "%package_state%"=="absent-pending" goto restart_needed
if not "%package_state%"=="absent" goto still_installed

:not_installed
call :log done: KB971033 is not installed
exit /b 0

:restart_needed
call :log restart needed: the removal of KB971033 ends with the next start of Windows
exit /b 3010

:still_installed
call :log failed: KB971033 is still installed
exit /b 20

:state_unknown
call :log failed: the state of the package of KB971033 could not be read
exit /b 16

:find_listed_package
rem %1 package name. Sets package to it when dism lists it and none was found before.
if defined package exit /b 0
%system32%\dism.exe /online /get-packages 2>nul | %system32%\findstr.exe /i /l /c:"%~1" >nul
if not errorlevel 1 set "package=%~1"
exit /b 0
{{COMMON_END}}
