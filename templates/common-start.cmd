setlocal EnableExtensions DisableDelayedExpansion
rem Variables of these names would hide the built-in ones.
set "ERRORLEVEL="
set "DATE="
set "TIME="
set "script={{SCRIPT}}"
set "system32=%SystemRoot%\System32"
set "log=%SystemRoot%\Logs\spptriage-remediation.log"
call :locate

rem A 32-bit cmd.exe on 64-bit Windows sees another System32 and another registry: the
rem script starts itself again in the 64-bit one and hands on its exit code. That one puts in
rem the value of self, so that every character of the path stays within its quotes.
if not defined PROCESSOR_ARCHITEW6432 goto native
if defined spptriage_restarted goto no_native_cmd
if not exist "%SystemRoot%\Sysnative\cmd.exe" goto no_native_cmd
set "spptriage_restarted=1"
"%SystemRoot%\Sysnative\cmd.exe" /d /c ""%%self%%" %*"
exit /b %errorlevel%

:native
rem The arguments are read here, because call answers /? with its own help.
set "force="
if "%~1"=="" goto start
if /i not "%~1"=="/force" goto wrong_use
if not "%~2"=="" goto wrong_use
set "force=1"

:start
call :check_machine
if errorlevel 1 exit /b %errorlevel%
