/*
 * api_roles.c - roles and their names.
 */
#include "api/api_roles.h"

#include <string.h>

static const char *const names[N_ROLES] = {"public",     "viewer",    "dispatcher",
                                           "supervisor", "admin",     "facility",
                                           "district",   "inspector", "metrics"};

const char *role_name(uint32_t role)
{
    for (uint32_t i = 0; i < N_ROLES; i++) {
        if (role == 1u << i)
            return names[i];
    }
    return "supervisor"; /* all of them: sign-in is off */
}

uint32_t role_of(const char *name)
{
    for (uint32_t i = 1; i < N_ROLES; i++) {
        if (strcmp(name, names[i]) == 0)
            return 1u << i;
    }
    return 0;
}
