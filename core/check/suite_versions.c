/* SPDX-License-Identifier: Apache-2.0 */
/* Level 4: hosts older and newer than the one a plugin was built against. */
#include "check/golden_run.h"
#include "check/suites.h"

/* A host of ABI 1.0 ends here; each later minor ends at one of its own members. */
static const uint32_t host_sizes[] = {(uint32_t)EMEND_END_OF(EmendHost, service)};

enum { N_HOST_SIZES = sizeof host_sizes / sizeof *host_sizes };

_Static_assert(N_HOST_SIZES == EMEND_ABI_MINOR + 1, "one row for each minor of the ABI");

/* The oldest host minor that the manifest allows. */
static uint32_t oldest_minor(const Kit *kit) {
    const Emend__Abi *abi = kit_package(kit)->manifest->abi;
    return abi ? abi->host_minor_min : 0;
}

static void run_on_host(Kit *kit, uint32_t size) {
    SubjectOptions options = {.host_size = size};
    Subject subject = {0};
    if (subject_create(kit, &options, &subject)) {
        golden_workload(&subject, NULL);
    }
    subject_close(&subject);
}

/* Every host from the oldest that the note allows: nothing behind its end can be read. */
static void older_host(Kit *kit) {
    for (uint32_t minor = oldest_minor(kit); minor < N_HOST_SIZES && !kit_is_over(kit); minor++) {
        run_on_host(kit, host_sizes[minor]);
    }
}

/* Hosts that have grown, by a member and by many: what is behind may be anything. */
static void newer_host(Kit *kit) {
    static const uint32_t more[] = {sizeof(void *), 8 * sizeof(void *), 128 * sizeof(void *)};
    for (size_t i = 0; i < sizeof more / sizeof *more && !kit_is_over(kit); i++) {
        run_on_host(kit, (uint32_t)sizeof(EmendHost) + more[i]);
    }
}

static void open_on_host(Kit *kit, uint32_t size) {
    SubjectOptions options = {.host_size = size};
    Subject subject = {0};
    subject_open(kit, &options, &subject);
    subject_close(&subject);
}

/* open() alone, as a host that only looks does it. */
static void open_on_hosts(Kit *kit) {
    for (uint32_t minor = oldest_minor(kit); minor < N_HOST_SIZES && !kit_is_over(kit); minor++) {
        open_on_host(kit, host_sizes[minor]);
    }
    if (!kit_is_over(kit)) {
        open_on_host(kit, (uint32_t)sizeof(EmendHost) + 64);
    }
}

static const KitTest package_tests[] = {
    {"versions.open", "opens on the oldest host it allows and on newer ones", KIT_VERSIONS, 0,
     open_on_hosts},
};

static const KitTest component_tests[] = {
    {"versions.older_host", "reads nothing behind the end of an older host's table", KIT_VERSIONS,
     60, older_host},
    {"versions.newer_host", "lets be what a newer host's table has at its end", KIT_VERSIONS, 60,
     newer_host},
};

const KitSuite suite_versions = {NULL, package_tests, sizeof package_tests / sizeof *package_tests};
const KitSuite suite_versions_component = {KIT_EVERY_KIND, component_tests,
                                           sizeof component_tests / sizeof *component_tests};
