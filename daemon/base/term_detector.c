/*
 * term_detector.c - see term_detector.h.
 */
#include "base/term_detector.h"

#include <string.h>

uint32_t scope_named(const char *name)
{
    static const struct {
        const char *name;
        uint32_t scope;
    } scopes[] = {
        {"device", CW_SCOPE_DEVICE},
        {"room", CW_SCOPE_ROOM},
        {"site", CW_SCOPE_SITE},
    };
    for (size_t i = 0; i < sizeof(scopes) / sizeof(scopes[0]); i++) {
        if (strcmp(name, scopes[i].name) == 0)
            return scopes[i].scope;
    }
    return CW_SCOPE_RESIDENT;
}

int term_detector_add(struct term_detector *self, const char *const *list, uint32_t *bits,
                      struct cw_error *err)
{
    for (; list && *list; list++) {
        int i = term_set_add(&self->terms, str_of(*list), err);
        if (i < 0)
            return i;
        *bits |= 1u << i;
    }
    return 0;
}

void term_detector_reset(const struct term_detector *self, void *state, size_t n)
{
    memset(state, 0, n);
    term_memory_reset(&self->terms, state);
}

uint32_t term_detector_inputs(const void *self, struct cw_input *input, uint32_t max)
{
    return term_set_inputs(&((const struct term_detector *)self)->terms, input, max);
}

uint32_t term_detector_scope(const void *self)
{
    return scope_named(((const struct term_detector *)self)->scope);
}
