/* SPDX-License-Identifier: Apache-2.0 */
/* words: the closed sets (base/lookup.h) that a verdict is made of. A row is a member: its
 * enumerator, its word in reports and case, and, where the reports explain or call it in more than
 * that word, the texts for a person. In a sentence, `...` is code. Everything handed out is
 * constant. */
#ifndef SPPTRIAGE_MODEL_WORDS_H
#define SPPTRIAGE_MODEL_WORDS_H

#include <stdbool.h>
#include <stdint.h>

#include "base/lookup.h"

/* ---- The verdict on a machine, in the order of hosts.csv ---- */

/* enumerator, word, title, sentence; in the order in which reports have them. */
#define CLASSIFICATIONS(ROW)                                                                       \
    ROW(CLASSIFICATION_AFFECTED, "affected-by-incident", "Affected by the incident",               \
        "It became non-genuine inside the window, by the incident. It may have recovered since.")  \
    ROW(CLASSIFICATION_OTHER_FAULT, "other-activation-fault", "Another activation fault",          \
        "It has or had an activation fault that is not the incident's: it did not begin in the "   \
        "window, or with another code, or the machine is not one that the incident can break.")    \
    ROW(CLASSIFICATION_NO_FAULT, "no-activation-fault", "No activation fault",                     \
        "No activation fault was seen. Where the logs do not cover the whole window, they do not " \
        "exclude the incident; where they are damaged, or hold records that could not be "         \
        "decoded, a fault may be lost.")                                                           \
    ROW(CLASSIFICATION_NOT_COLLECTED, "not-collected", "Not collected",                            \
        "In the inventory, but nothing of it was collected.")

enum classification { CLASSIFICATIONS(WORDS_ENUMERATOR) };
enum { CLASSIFICATION_COUNT = 0 CLASSIFICATIONS(WORDS_ONE) };
extern const struct word_set classification_words;
const char *classification_word(enum classification classification);
const char *classification_title(enum classification classification);
const char *classification_sentence(enum classification classification);

/* enumerator, word, sentence; the surer the later. */
#define CONFIDENCES(ROW)                                                                        \
    ROW(CONFIDENCE_NONE, "", "")                                                                \
    ROW(CONFIDENCE_SUSPECTED, "suspected",                                                      \
        "its own logs do not tell, but a KMS host saw its licence lost over the window.")       \
    ROW(CONFIDENCE_PROBABLE, "probable",                                                        \
        "no event of the window carries that code, or the logs do not show that it was well "   \
        "before.")                                                                              \
    ROW(CONFIDENCE_CONFIRMED, "confirmed",                                                      \
        "an event of the window carries the incident's own code 0xC004C4A2, and the logs show " \
        "the time before it.")

enum confidence { CONFIDENCES(WORDS_ENUMERATOR) };
enum { CONFIDENCE_COUNT = 0 CONFIDENCES(WORDS_ONE) };
extern const struct word_set confidence_words;
const char *confidence_word(enum confidence confidence);
const char *confidence_sentence(enum confidence confidence);

/* enumerator, word, sentence; in the order of the column review (DESIGN section 6). */
#define REVIEW_NOTES(ROW)                                                                          \
    ROW(REVIEW_WINDOW_NOT_COVERED, "window-not-covered",                                           \
        "The Application logs do not cover the whole window: they do not exclude the incident.")   \
    ROW(REVIEW_ONSET_NOT_COVERED, "onset-not-covered",                                             \
        "The logs do not show the time before the first signal: the fault may be older.")          \
    ROW(REVIEW_LOG_FILTERED, "log-filtered",                                                       \
        "Record ids of an Application log have gaps: it was filtered, or lost records.")           \
    ROW(REVIEW_LOG_DAMAGED, "log-damaged",                                                         \
        "An Application log of the host is damaged, could not be read, or holds records that "     \
        "could not be decoded.")                                                                   \
    ROW(REVIEW_CLOCK_CHANGED, "clock-changed",                                                     \
        "The clock was wrong or put back around what decides: times may mislead.")                 \
    ROW(REVIEW_NEAR_WINDOW, "near-window",                                                         \
        "The incident's own code came up to 15 minutes outside of the window.")                    \
    ROW(REVIEW_FAULT_BEFORE, "fault-before",                                                       \
        "It was already unlicensed before the window: the incident is not its only fault.")        \
    ROW(REVIEW_SHARED_NAME, "shared-name",                                                         \
        "Its name may be that of several machines, at once or in turn: the logs do not tell them " \
        "apart. It is in no script list.")                                                         \
    ROW(REVIEW_GUESSED_SOURCE, "guessed-source",                                                   \
        "Its update status, edition or state rests on a file that was taken for this host's by a " \
        "guess.")                                                                                  \
    ROW(REVIEW_EARLIER_INSTALLATION, "earlier-installation",                                       \
        "Signals of an earlier installation were found; they decide nothing.")                     \
    ROW(REVIEW_UPDATE_CONFLICT, "update-evidence-conflict",                                        \
        "Evidence of the same time says both that KB971033 is there and that it is not: it is "    \
        "taken to be installed.")                                                                  \
    ROW(REVIEW_EDITION_CONFLICT, "edition-conflict",                                               \
        "Equally new evidence names different editions, or listings different channels; none is "  \
        "assumed.")                                                                                \
    ROW(REVIEW_LISTING_NON_GENUINE, "listing-non-genuine",                                         \
        "A collected licence listing says non-genuine.")                                           \
    ROW(REVIEW_LISTING_UNLICENSED, "listing-unlicensed",                                           \
        "A collected licence listing says that it is not licensed.")                               \
    ROW(REVIEW_LISTING_LICENSED, "listing-licensed",                                               \
        "A collected licence listing says licensed; no event does.")                               \
    ROW(REVIEW_REACTIVATED, "reactivated",                                                         \
        "Its last fault ended with an activation, not with an event that says genuine.")           \
    ROW(REVIEW_COULD_NOT_ASK, "could-not-ask",                                                     \
        "Its only faults are failures to reach the activation service.")                           \
    ROW(REVIEW_WEAK_WITHOUT_UPDATE, "weak-without-update",                                         \
        "Weak signals alone, and KB971033 was not there before: perhaps not the incident.")        \
    ROW(REVIEW_NOT_VOLUME_LICENSED, "not-volume-licensed",                                         \
        "Another licence than KMS or MAK: the update may stay.")                                   \
    ROW(REVIEW_NOT_WINDOWS_7, "not-windows-7", "Another system: the incident did not concern it.")

enum review_note { REVIEW_NOTES(WORDS_ENUMERATOR) };
enum { REVIEW_NOTE_COUNT = 0 REVIEW_NOTES(WORDS_ONE) };
extern const struct word_set review_note_words;
const char *review_note_word(enum review_note note);
const char *review_note_sentence(enum review_note note);

/* enumerator, word, sentence; the first that holds (DESIGN section 6). */
#define ACTIVATION_STATES(ROW)                                                                 \
    ROW(ACTIVATION_STATE_NON_GENUINE, "non-genuine",                                           \
        "not genuine at the end of what was collected.")                                       \
    ROW(ACTIVATION_STATE_UNLICENSED, "unlicensed",                                             \
        "nothing says non-genuine any more, but the newest statement on the licence says not " \
        "licensed.")                                                                           \
    ROW(ACTIVATION_STATE_FAULT_OPEN, "fault-open",                                             \
        "an activation fault, and nothing later says licensed.")                               \
    ROW(ACTIVATION_STATE_RECOVERED, "recovered", "later evidence says that it is over.")       \
    ROW(ACTIVATION_STATE_NONE, "none", "no fault was seen.")

enum activation_state { ACTIVATION_STATES(WORDS_ENUMERATOR) };
enum { ACTIVATION_STATE_COUNT = 0 ACTIVATION_STATES(WORDS_ONE) };
extern const struct word_set activation_state_words;
const char *activation_state_word(enum activation_state state);
const char *activation_state_sentence(enum activation_state state);

/* Is it that of a machine that is still broken? */
bool activation_state_is_broken(enum activation_state state);

/* How much of the window a machine's Application logs cover; enumerator, word. */
#define COVERAGES(ROW)               \
    ROW(COVERAGE_NONE, "none")       \
    ROW(COVERAGE_PARTIAL, "partial") \
    ROW(COVERAGE_FULL, "full")       \
    ROW(COVERAGE_UNKNOWN, "unknown")

enum coverage { COVERAGES(WORDS_ENUMERATOR) };
enum { COVERAGE_COUNT = 0 COVERAGES(WORDS_ONE) };
extern const struct word_set coverage_words;
const char *coverage_word(enum coverage coverage);

/* Whether KB 971033 is on a machine; enumerator, word. */
#define UPDATE_STATUSES(ROW)                  \
    ROW(UPDATE_STATUS_UNKNOWN, "unknown")     \
    ROW(UPDATE_STATUS_INSTALLED, "installed") \
    ROW(UPDATE_STATUS_REMOVED, "removed")     \
    ROW(UPDATE_STATUS_ABSENT, "absent")

enum update_status { UPDATE_STATUSES(WORDS_ENUMERATOR) };
enum { UPDATE_STATUS_COUNT = 0 UPDATE_STATUSES(WORDS_ONE) };
extern const struct word_set update_status_words;
const char *update_status_word(enum update_status status);

/* enumerator, word */
#define LICENCE_CHANNELS(ROW)                     \
    ROW(LICENCE_CHANNEL_UNKNOWN, "unknown")       \
    ROW(LICENCE_CHANNEL_VOLUME_KMS, "volume-kms") \
    ROW(LICENCE_CHANNEL_VOLUME_MAK, "volume-mak") \
    ROW(LICENCE_CHANNEL_KMS_HOST, "kms-host")     \
    ROW(LICENCE_CHANNEL_OTHER, "other")

enum licence_channel { LICENCE_CHANNELS(WORDS_ENUMERATOR) };
enum { LICENCE_CHANNEL_COUNT = 0 LICENCE_CHANNELS(WORDS_ONE) };
extern const struct word_set licence_channel_words;
const char *licence_channel_word(enum licence_channel channel);

/* How a product of Windows is licensed, in the order of the numbers that WMI's LicenseStatus and
 * the events have (Volume Activation Technical Reference); enumerator, word. */
#define LICENSING_STATUSES(ROW)                                            \
    ROW(LICENSING_STATUS_UNLICENSED, "unlicensed")                         \
    ROW(LICENSING_STATUS_LICENSED, "licensed")                             \
    ROW(LICENSING_STATUS_INITIAL_GRACE, "initial grace")                   \
    ROW(LICENSING_STATUS_OUT_OF_TOLERANCE_GRACE, "out-of-tolerance grace") \
    ROW(LICENSING_STATUS_NON_GENUINE_GRACE, "non-genuine grace")           \
    ROW(LICENSING_STATUS_NOTIFICATION, "notification")                     \
    ROW(LICENSING_STATUS_EXTENDED_GRACE, "extended grace")                 \
    ROW(LICENSING_STATUS_NOT_TOLD, "") /* behind the numbers: not said, or in words not known */

enum licensing_status { LICENSING_STATUSES(WORDS_ENUMERATOR) };
enum { LICENSING_STATUS_COUNT = 0 LICENSING_STATUSES(WORDS_ONE) };
extern const struct word_set licensing_status_words;
const char *licensing_status_word(enum licensing_status status);

/* Was the clock wrong or put back in a way that matters? enumerator, word */
#define CLOCKS(ROW)        \
    ROW(CLOCK_UNKNOWN, "") \
    ROW(CLOCK_OK, "ok")    \
    ROW(CLOCK_CHANGED, "changed")

enum clock_state { CLOCKS(WORDS_ENUMERATOR) };
enum { CLOCK_STATE_COUNT = 0 CLOCKS(WORDS_ONE) };
extern const struct word_set clock_state_words;
const char *clock_state_word(enum clock_state clock);

/* What a machine counts as in the sums of a report: one can be several. Enumerator, word, title,
 * sentence. */
#define STANDINGS(ROW)                                                                          \
    ROW(STANDING_BROKEN, "broken", "Still broken",                                              \
        "Its state is `non-genuine`, `unlicensed` or `fault-open`.")                            \
    ROW(STANDING_RECOVERED, "recovered", "Recovered",                                           \
        "It had a fault, and later evidence says that it is over.")                             \
    ROW(STANDING_NOT_EXCLUDED, "not-excluded", "Not excluded",                                  \
        "Its logs do not cover the whole window, so that they do not exclude the incident, or " \
        "it is suspected by a KMS host alone.")                                                 \
    ROW(STANDING_CLEAN, "clean", "Shown to be clean",                                           \
        "No activation fault, and undamaged logs cover the whole window.")                      \
    ROW(STANDING_LOG_DAMAGED, "log-damaged", "Damaged logs",                                    \
        "No activation fault was seen, but an Application log of it is damaged.")               \
    ROW(STANDING_NOT_COLLECTED, "not-collected", "Not collected",                               \
        "In the inventory, but nothing of it was collected.")

enum standing { STANDINGS(WORDS_ENUMERATOR) };
enum { STANDING_COUNT = 0 STANDINGS(WORDS_ONE) };
extern const struct word_set standing_words;
const char *standing_word(enum standing standing);
const char *standing_title(enum standing standing);
const char *standing_sentence(enum standing standing);

/* The steps that an action has; enumerator, word, title, sentence, command lines (each ended by a
 * line feed) for an elevated command prompt of the machine, as the sentence says: in those of the
 * rebuilding KEY stands for the KMS client key. They are those of KB 4487266; the scripts of
 * templates/ do the same with more care. */
#define ACTION_STEPS(ROW)                                                                         \
    ROW(ACTION_STEP_REMOVE, "remove-kb971033", "Remove KB971033",                                 \
        "`1-remove-kb971033.cmd` does it and checks that it is gone. By hand, not over WinRM "    \
        "(0 and 3010 mean done):",                                                                \
        "wusa.exe /uninstall /kb:971033 /quiet /norestart\n")                                     \
    ROW(ACTION_STEP_CHECK, "check-kb971033", "Look for KB971033",                                 \
        "`1-remove-kb971033.cmd` removes it where it is, and ends well where it is not. By hand " \
        "(two lists, since either can lack it):",                                                 \
        "wmic.exe qfe where HotFixID=\"KB971033\"\n"                                              \
        "dism.exe /online /get-packages | find /i \"WindowsActivationTechnologies\"\n")           \
    ROW(ACTION_STEP_RESTART, "restart", "Restart",                                                \
        "Before the next step: until then the removal is not complete.",                          \
        "shutdown.exe /r /t 60\n")                                                                \
    ROW(ACTION_STEP_REBUILD, "rebuild-activation", "Rebuild the activation files and activate",   \
        "The `2-rebuild` script of the edition does it, keeps what it replaces and checks the "   \
        "result. By hand, with the KMS client key of the machine's own edition as KEY:",          \
        "net stop sppuinotify\n"                                                                  \
        "sc config sppuinotify start= disabled\n"                                                 \
        "net stop sppsvc\n"                                                                       \
        "del %windir%\\system32\\7B296FB0-376B-497e-B012-9C450E1B7327-5P-0."                      \
        "C7483456-A289-439d-8115-601632D005A0 /ah\n"                                              \
        "del %windir%\\system32\\7B296FB0-376B-497e-B012-9C450E1B7327-5P-1."                      \
        "C7483456-A289-439d-8115-601632D005A0 /ah\n"                                              \
        "del %windir%\\ServiceProfiles\\NetworkService\\AppData\\Roaming\\Microsoft\\"            \
        "SoftwareProtectionPlatform\\tokens.dat\n"                                                \
        "del %windir%\\ServiceProfiles\\NetworkService\\AppData\\Roaming\\Microsoft\\"            \
        "SoftwareProtectionPlatform\\cache\\cache.dat\n"                                          \
        "net start sppsvc\n"                                                                      \
        "cscript.exe //nologo %windir%\\system32\\slmgr.vbs /rilc\n"                              \
        "cscript.exe //nologo %windir%\\system32\\slmgr.vbs /ipk KEY\n"                           \
        "cscript.exe //nologo %windir%\\system32\\slmgr.vbs /ato\n"                               \
        "sc config sppuinotify start= demand\n")                                                  \
    ROW(ACTION_STEP_TROUBLESHOOT, "troubleshoot", "Standard activation troubleshooting",          \
        "The fault has another cause than the incident, or the scripts are not made for this "    \
        "licence. Begin with its state, and with the code of a new attempt:",                     \
        "cscript.exe //nologo %windir%\\system32\\slmgr.vbs /dlv\n"                               \
        "cscript.exe //nologo %windir%\\system32\\slmgr.vbs /ato\n")                              \
    ROW(ACTION_STEP_VERIFY, "verify", "Check that it is activated",                               \
        "It recovered by its logs: the first line says until when it is licensed, the second "    \
        "how.",                                                                                   \
        "cscript.exe //nologo %windir%\\system32\\slmgr.vbs /xpr\n"                               \
        "cscript.exe //nologo %windir%\\system32\\slmgr.vbs /dli\n")                              \
    ROW(ACTION_STEP_COLLECT, "collect", "Collect what is missing",                                \
        "Run `remediation/collect.cmd` on it: it collects what tells most into a folder of its "  \
        "own, for instance on a share. Then run `spptriage analyze --add` on that folder. The "   \
        "reason says what is missing.",                                                           \
        "collect.cmd \\\\SERVER\\SHARE\n")                                                        \
    ROW(ACTION_STEP_NONE, "none", "Nothing to do", "", "")

enum action_step { ACTION_STEPS(WORDS_ENUMERATOR) };
enum { ACTION_STEP_COUNT = 0 ACTION_STEPS(WORDS_ONE) };
extern const struct word_set action_step_words;
const char *action_step_word(enum action_step step);
const char *action_step_title(enum action_step step);
const char *action_step_sentence(enum action_step step);
const char *action_step_commands(enum action_step step);

/* What has to be done on a machine, those that need most first; enumerator, word (its steps as a
 * "; " list), sentence, steps (a set of enum action_step). */
#define ACTIONS(ROW)                                                                               \
    ROW(ACTION_REMOVE_REBUILD, "remove-kb971033; restart; rebuild-activation",                     \
        "Run `1-remove-kb971033.cmd`, restart, then run the `2-rebuild` script of the edition.",   \
        1u << ACTION_STEP_REMOVE | 1u << ACTION_STEP_RESTART | 1u << ACTION_STEP_REBUILD)          \
    ROW(ACTION_REBUILD, "rebuild-activation",                                                      \
        "The update is gone already: run the `2-rebuild` script.", 1u << ACTION_STEP_REBUILD)      \
    ROW(ACTION_REMOVE_RESTART_TROUBLESHOOT, "remove-kb971033; restart; troubleshoot",              \
        "Remove the update and restart; then standard activation troubleshooting. A MAK machine "  \
        "or a KMS host gets no KMS client key.",                                                   \
        1u << ACTION_STEP_REMOVE | 1u << ACTION_STEP_RESTART | 1u << ACTION_STEP_TROUBLESHOOT)     \
    ROW(ACTION_REMOVE_TROUBLESHOOT, "remove-kb971033; troubleshoot",                               \
        "The fault has another cause: standard activation troubleshooting. Remove the update "     \
        "too.",                                                                                    \
        1u << ACTION_STEP_REMOVE | 1u << ACTION_STEP_TROUBLESHOOT)                                 \
    ROW(ACTION_TROUBLESHOOT, "troubleshoot",                                                       \
        "There is no script for these: standard activation troubleshooting.",                      \
        1u << ACTION_STEP_TROUBLESHOOT)                                                            \
    ROW(ACTION_REMOVE_COLLECT, "remove-kb971033; collect",                                         \
        "Remove the update; the logs do not exclude the incident: collect what the reason names.", \
        1u << ACTION_STEP_REMOVE | 1u << ACTION_STEP_COLLECT)                                      \
    ROW(ACTION_REMOVE, "remove-kb971033",                                                          \
        "Not broken: remove the update, as from all volume-licensed Windows 7.",                   \
        1u << ACTION_STEP_REMOVE)                                                                  \
    ROW(ACTION_VERIFY, "verify", "Recovered, and the update is gone: check that it is activated.", \
        1u << ACTION_STEP_VERIFY)                                                                  \
    ROW(ACTION_CHECK, "check-kb971033",                                                            \
        "Nothing tells whether the update is there: run `1-remove-kb971033.cmd`, which ends well " \
        "where it is not.",                                                                        \
        1u << ACTION_STEP_CHECK)                                                                   \
    ROW(ACTION_COLLECT, "collect",                                                                 \
        "Collect what is missing of these hosts and run again with `--add`.",                      \
        1u << ACTION_STEP_COLLECT)                                                                 \
    ROW(ACTION_NONE, "none", "Nothing to do.", 1u << ACTION_STEP_NONE)

enum action { ACTIONS(WORDS_ENUMERATOR) };
enum { ACTION_COUNT = 0 ACTIONS(WORDS_ONE) };
extern const struct word_set action_words;
const char *action_word(enum action action);
const char *action_sentence(enum action action);
uint32_t action_steps(enum action action);

/* What ended an episode of a machine; enumerator, word. */
#define EPISODE_ENDS(ROW)                \
    ROW(EPISODE_END_NONE, "") /* open */ \
    ROW(EPISODE_END_EVENT, "event")      \
    ROW(EPISODE_END_LISTING, "listing")  \
    ROW(EPISODE_END_SCRIPT, "script")

enum episode_end { EPISODE_ENDS(WORDS_ENUMERATOR) };
enum { EPISODE_END_COUNT = 0 EPISODE_ENDS(WORDS_ONE) };
extern const struct word_set episode_end_words;
const char *episode_end_word(enum episode_end end);

/* ---- The roll-out ---- */

/* How far it came on a machine; enumerator, word, title, sentence; in the order of the page. */
#define ROLLOUTS(ROW)                                                                          \
    ROW(ROLLOUT_NONE, "", "", "") /* it does not concern it */                                 \
    ROW(ROLLOUT_FIXED, "fixed", "Fixed",                                                       \
        "Was broken and is well by its newest evidence, whoever fixed it.")                    \
    ROW(ROLLOUT_STILL_BROKEN, "still-broken", "Still broken",                                  \
        "A script was at work there, or the activation files were made anew, but it is still " \
        "broken, or broken again; or the last run of script 2 did not end well.")              \
    ROW(ROLLOUT_REFUSED, "refused", "Refused",                                                 \
        "Broken, and each script that ran there refused: its exit status says why.")           \
    ROW(ROLLOUT_NOT_REACHED, "not-reached", "Not reached",                                     \
        "Broken, without a trace of a script, or of activation files that were made anew.")    \
    ROW(ROLLOUT_BY_HAND, "by-hand", "By hand",                                                 \
        "Broken, without a trace of a script, and no script is meant for it: its action says " \
        "what to do.")                                                                         \
    ROW(ROLLOUT_NOT_BROKEN, "not-broken", "Was not broken",                                    \
        "No fault was seen; a script ran there, as to remove the update.")

enum rollout_result { ROLLOUTS(WORDS_ENUMERATOR) };
enum { ROLLOUT_RESULT_COUNT = 0 ROLLOUTS(WORDS_ONE) };
extern const struct word_set rollout_result_words;
const char *rollout_result_word(enum rollout_result result);
const char *rollout_result_title(enum rollout_result result);
const char *rollout_result_sentence(enum rollout_result result);

/* What the exit status of a script of ours means, for a person; NULL for another number. */
const char *script_exit_meaning(int64_t status);

/* Did a script that ended so refuse to begin? It changed nothing then. */
bool script_exit_is_refusal(int64_t status);

/* Did a script that ended so fail at its work? */
bool script_exit_is_failure(int64_t status);

/* Is a script that ended so for other machines than this one (another Windows or edition, not in
 * its host list)? Where several scripts are started on every machine, all but one end so. */
bool script_exit_is_for_others(int64_t status);

/* Had a script that ended so the machine to itself, to put back what an earlier run left there? */
bool script_exit_had_machine(int64_t status);

/* ---- Events and evidence ---- */

/* What one event is for the verdict; enumerator, word of timeline.csv. */
#define ROLES(ROW)                                                   \
    ROW(ROLE_BY_ITSELF, "") /* not told by its place among others */ \
    ROW(ROLE_SIGNAL_STRONG, "signal-strong")                         \
    ROW(ROLE_SIGNAL_WEAK, "signal-weak")                             \
    ROW(ROLE_FAULT, "fault")                                         \
    ROW(ROLE_RECOVERY, "recovery")                                   \
    ROW(ROLE_RESET, "reset")                                         \
    ROW(ROLE_UPDATE, "update")                                       \
    ROW(ROLE_LICENCE, "licence")                                     \
    ROW(ROLE_CONTEXT, "context")

enum role { ROLES(WORDS_ENUMERATOR) };
enum { ROLE_COUNT = 0 ROLES(WORDS_ONE) };
extern const struct word_set role_words;
const char *role_word(enum role role);

/* What the second, independent reader (libevtx) says of an event, the worse the later; enumerator,
 * word, sentence. */
#define VERIFICATIONS(ROW)                                   \
    ROW(VERIFIED_NOT_ASKED, "", "") /* it decides nothing */ \
    ROW(VERIFIED_YES, "yes", "read alike by two decoders")   \
    ROW(VERIFIED_NO, "no", "read by one decoder only")       \
    ROW(VERIFIED_CONFLICT, "conflict", "read differently by two decoders")

enum verified { VERIFICATIONS(WORDS_ENUMERATOR) };
enum { VERIFIED_COUNT = 0 VERIFICATIONS(WORDS_ONE) };
extern const struct word_set verified_words;
const char *verified_word(enum verified verified);
const char *verified_sentence(enum verified verified);

/* What one piece of evidence says of an update; enumerator, word. */
#define UPDATE_SAYINGS(ROW)                 \
    ROW(UPDATE_SAYS_NEITHER, "neither")     \
    ROW(UPDATE_SAYS_INSTALLED, "installed") \
    ROW(UPDATE_SAYS_ABSENT, "absent")

enum update_says { UPDATE_SAYINGS(WORDS_ENUMERATOR) };
enum { UPDATE_SAYS_COUNT = 0 UPDATE_SAYINGS(WORDS_ONE) };
extern const struct word_set update_says_words;
const char *update_says_word(enum update_says says);

/* The kinds of evidence on updates and licences; enumerator, word, label (to which reports add the
 * id of an event), unit of what can be counted of it. */
#define EVIDENCE_KINDS(ROW)                                                                     \
    ROW(EVIDENCE_WAT, "WAT", "WAT", "event")                                                    \
    ROW(EVIDENCE_UPDATE_CLIENT, "WindowsUpdateClient", "WindowsUpdateClient", "event")          \
    ROW(EVIDENCE_SERVICING, "Servicing", "Servicing", "event")                                  \
    ROW(EVIDENCE_KMS_REQUEST, "SPP 12288", "SPP", "event")                                      \
    ROW(EVIDENCE_KMS_HOST, "SPP 12290", "KMS host, SPP", "event")                               \
    ROW(EVIDENCE_LICENCES, "SPP 1003", "SPP", "event")                                          \
    ROW(EVIDENCE_KEY_INSTALLED, "SPP 1016", "SPP", "event")                                     \
    ROW(EVIDENCE_HISTORY, "DataStore.edb", "DataStore.edb", "")                                 \
    ROW(EVIDENCE_HISTORY_ROW, "DataStore.edb row", "DataStore.edb", "row")                      \
    ROW(EVIDENCE_WMIC, "wmic qfe", "wmic qfe", "")                                              \
    ROW(EVIDENCE_GET_HOTFIX, "Get-HotFix", "Get-HotFix", "")                                    \
    ROW(EVIDENCE_DISM, "dism", "dism", "")                                                      \
    ROW(EVIDENCE_SLMGR, "slmgr", "slmgr", "")                                                   \
    ROW(EVIDENCE_SYSTEMINFO, "systeminfo", "systeminfo", "")                                    \
    ROW(EVIDENCE_LICENSING_PRODUCT, "SoftwareLicensingProduct", "SoftwareLicensingProduct", "") \
    ROW(EVIDENCE_OS_VERSION, "EventLog", "EventLog", "event")                                   \
    ROW(EVIDENCE_MGADIAG, "MGADiag", "MGADiag", "")                                             \
    ROW(EVIDENCE_REPORTING_EVENTS, "ReportingEvents.log", "ReportingEvents.log", "row")         \
    ROW(EVIDENCE_SCRIPT, "spptriage-remediation.log", "spptriage's own script log", "line")     \
    ROW(EVIDENCE_HIVE, "SOFTWARE hive", "SOFTWARE hive", "")

enum evidence_kind { EVIDENCE_KINDS(WORDS_ENUMERATOR) };
enum { EVIDENCE_KIND_COUNT = 0 EVIDENCE_KINDS(WORDS_ONE) };
extern const struct word_set evidence_kind_words;
const char *evidence_kind_word(enum evidence_kind kind);
const char *evidence_kind_label(enum evidence_kind kind);
const char *evidence_kind_unit(enum evidence_kind kind);

#endif
