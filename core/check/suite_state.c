/* SPDX-License-Identifier: Apache-2.0 */
/* Level 5, for every kind: a user who has asked to stop. */
#include "check/golden_run.h"
#include "check/message.h"
#include "check/suites.h"

enum { SECONDS = 10 };

/* The user asked before anything began: every call comes back, done or cancelled. */
static void cancelled(Kit *kit) {
    static const int cancel = 1;
    const SubjectOptions options = {.cancel = &cancel};
    Subject subject = {0};
    char quote[512];
    EmendStatus status = subject_try(kit, &options, &subject);
    if (status == EMEND_OK && !kit_is_over(kit)) {
        status = golden_workload(&subject, NULL);
    }
    if (status != EMEND_OK && status != EMEND_CANCELLED && !kit_is_over(kit)) {
        message_quote(&subject.err, quote, sizeof quote);
        if (status == EMEND_UNAVAILABLE || !kit_example(kit, 0)) {
            kit_skip(kit, "it cannot be made here: %s", quote);
        } else {
            kit_fail(kit, "return EMEND_CANCELLED once host->is_cancelled says so",
                     "with the host cancelled a call failed with %s (\"%s\"); it must go well or "
                     "be CANCELLED",
                     emend_status_name(status), quote);
        }
    }
    subject_close(&subject);
}

static const KitTest tests[] = {
    {"state.cancelled", "comes back from every call once the user asked to stop", KIT_STATE,
     SECONDS, cancelled},
};

const KitSuite suite_state = {KIT_EVERY_KIND, tests, sizeof tests / sizeof *tests};
