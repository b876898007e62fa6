/*
 * api_roles.h - the roles of the API (contract section 3): what a token may be.
 */
#ifndef API_ROLES_H
#define API_ROLES_H

#include <stdint.h>

enum role {
    ROLE_PUBLIC = 1, /* nobody signed in */
    ROLE_VIEWER = 2,
    ROLE_DISPATCHER = 4,
    ROLE_SUPERVISOR = 8,
    ROLE_ADMIN = 16,
    ROLE_FACILITY = 32,
    ROLE_DISTRICT = 64,
    ROLE_INSPECTOR = 128,
    ROLE_METRICS = 256,
};
#define N_ROLES 9u
#define ROLE_MASK ((1u << N_ROLES) - 1)

const char *role_name(uint32_t role); /* of one bit */
uint32_t role_of(const char *name);   /* 0: unknown, or public */

#endif
