/* SPDX-License-Identifier: Apache-2.0 */
#include "plugin/machine.h"
#include <ctype.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/utsname.h>

/* The list of a line "flags : a b c" (x86) or "Features : a b c" (arm); NULL for other lines. */
static char *features_of_line(const char *line) {
    if (strncmp(line, "flags\t", 6) != 0 && strncmp(line, "Features\t", 9) != 0) {
        return NULL;
    }
    const char *colon = strchr(line, ':');
    char *features = colon ? malloc(strlen(colon) + 2) : NULL;
    if (features) {
        sprintf(features, "%s ", colon + 1);
        for (char *c = features; *c; c++) {
            *c = isspace((unsigned char)*c) ? ' ' : *c;
        }
    }
    return features;
}

static char *read_features(void) {
    FILE *file = fopen("/proc/cpuinfo", "re");
    char *features = NULL;
    char *line = NULL;
    size_t capacity = 0;
    while (file && !features && getline(&line, &capacity, file) >= 0) {
        features = features_of_line(line);
    }
    free(line);
    if (file) {
        fclose(file);
    }
    return features;
}

void machine_init(Machine *machine) {
    struct utsname name;
    *machine = (Machine){.features = read_features()};
    if (uname(&name) == 0) {
        snprintf(machine->platform, sizeof machine->platform, "%s-%s", name.sysname, name.machine);
    }
    for (char *c = machine->platform; *c; c++) {
        *c = (char)tolower((unsigned char)*c);
    }
}

void machine_finish(Machine *machine) {
    free(machine->features);
    *machine = (Machine){0};
}

bool machine_has(const Machine *machine, const char *feature) {
    size_t len = strlen(feature);
    const char *at = machine->features;
    while (at && len > 0 && (at = strstr(at, feature))) {
        if (at > machine->features && at[-1] == ' ' && at[len] == ' ') {
            return true;
        }
        at++;
    }
    return false;
}
