@echo off
rem SPDX-License-Identifier: Apache-2.0
rem Removes update KB971033 (Windows Activation Technologies) from a volume-licensed
rem Windows 7: Microsoft KB 4487266. Run it elevated or as SYSTEM, from the folder that
rem also holds its host list (same name, .hosts.txt), best on a local disk:
rem     {{SCRIPT}}.cmd [/force]
rem Machines that are not in the list are refused; /force runs on them too, and lifts nothing
rem else. Machines with an OEM or retail licence are left alone in any case.
rem A name without a domain in the list stands for machines of that name in any domain: the
rem log has a warning then.
rem Decline the update in WSUS or ConfigMgr first, or it comes back.
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
rem     16    the state of the package could not be read; nothing was done
rem     17    another run of this script or of 2-rebuild is at work on this machine
rem     20    wusa and dism were tried, the update is still installed, or its state cannot be
rem           read any more: see the log, and CBS.log and DISM.log beside it
rem     24    the licence is an OEM or retail one: the update belongs there
rem     25    WMI does not tell the licence, and the machine was not in the list (/force)
rem Log: %SystemRoot%\Logs\spptriage-remediation.log (only administrators write there); while
rem the script works, and where that one is locked, spptriage-remediation-RUN.log beside it.
rem HKLM\SOFTWARE\spptriage: what the last run was and how it ended; Remove has its exit code.
{{COMMON_START}}

:work
call :read_package_state
call :log package info - the package of KB971033 is %package_state%
if "%package_state%"=="unknown" goto state_unknown
if "%package_state%"=="removing" goto removing_already
if "%package_state%"=="absent" if defined restart_owed goto removed_before
if "%package_state%"=="absent" goto not_installed

call :check_licence
if errorlevel 1 exit /b %errorlevel%

rem Exit codes of wusa and dism are logged, but the package's state decides.
set "restart="
call :step wusa wusa /uninstall /kb:971033 /quiet /norestart
%system32%\wusa.exe /uninstall /kb:971033 /quiet /norestart <nul >>"%sink%" 2>&1
set "code=%errorlevel%"
call :read_package_state
call :log wusa info %code% the package is %package_state%
if "%code%"=="3010" set "restart=1"
set "dism="
if not defined restart set "dism=1"
if "%package_state%"=="installed" set "dism=1"
if defined dism if defined packages call :remove_packages

rem   package_state      after wusa and dism
rem   unknown            20
rem   installed          20
rem   installed-pending  3010 where they asked for a restart, else 20
rem   removing, absent-pending, absent    3010: the article wants a restart after a removal
if "%package_state%"=="installed" goto still_installed
if "%package_state%"=="installed-pending" if not defined restart goto still_installed
call :note_restart
if "%package_state%"=="unknown" goto lost_sight
if "%package_state%"=="installed-pending" goto removing_already
call :log remove ok 3010 KB971033 is removed, or goes with the next start of Windows: restart
exit /b 3010

:lost_sight
call :log package failed 20 the state of the package could be read before wusa, and not after it
exit /b 20

:not_installed
call :log absent ok 0 KB971033 is not installed
exit /b 0

:removing_already
call :log remove info 3010 the removal of KB971033 ends with the next start of Windows: restart
exit /b 3010

:removed_before
call :log absent ok 3010 KB971033 was removed since Windows started: restart
exit /b 3010

:still_installed
call :log remove failed 20 KB971033 is still installed
exit /b 20

:state_unknown
call :log package refused 16 the state of the package of KB971033 could not be read
exit /b 16

:remove_packages
rem What wusa left, by dism, each package by its own name.
for %%P in (%packages%) do call :remove_package "%%~P"
call :read_package_state
call :log dism info - the package is %package_state%
exit /b 0

:remove_package
rem %1 package name.
call :step dism dism /online /Remove-Package /quiet /norestart
%system32%\dism.exe /online /Remove-Package /PackageName:%~1 /quiet /norestart <nul >>"%sink%" 2>&1
set "code=%errorlevel%"
set "detail=%~1"
call :log dism info %code%
if "%code%"=="3010" set "restart=1"
exit /b 0

:note_restart
rem See read_package_state. Both say which run it was.
%system32%\reg.exe add "HKLM\HARDWARE\DESCRIPTION\System" /v SpptriageRestart /t REG_SZ /d "%run%" /f >nul 2>&1
if errorlevel 1 exit /b 0
%system32%\reg.exe add "%memory%" /v Removed /t REG_SZ /d "%run%" /f >nul 2>&1
exit /b 0

:check_licence
rem 0 when a licence that has a key is a volume one, else the exit code. Descriptions of licences
rem are the same in every language. Where WMI tells of none, as with a broken token store, the
rem host list is what the analysis of the machine's logs says, or the product id of the set-up.
set "volume="
set "other_licence="
call :read_licences
if defined volume exit /b 0
if defined other_licence goto is_other_licence
call :read_product
if "%product%"=="oem" set "other_licence=product id %product_id%"
if defined other_licence goto is_other_licence
if defined force if not "%product%"=="kms" goto licence_unknown
call :log licence warning - WMI tells of no licence with a key: the list or the product id decides
exit /b 0

:take_licence
rem A description is such as "Windows Operating System - Windows(R) 7, VOLUME_KMSCLIENT channel".
if not defined description exit /b 0
set "without=%description:VOLUME_=%"
if "%without%"=="%description%" set "other_licence=%description%"
if not "%without%"=="%description%" set "volume=1"
exit /b 0

:is_other_licence
set "detail=%other_licence%"
call :log licence refused 24 the licence is not a volume one:
exit /b 24

:licence_unknown
call :log licence refused 25 WMI tells of no licence with a key, and the host list was not asked
exit /b 25
{{COMMON_END}}
