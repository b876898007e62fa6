/*
 * term_detector.h - what detectors share that are written as conditions (term.h): their
 * conditions are their inputs, an option says whose devices belong together.
 *
 * struct term_detector comes first in such a detector's options, struct term_memory first in
 * its state; then these functions serve as they are.
 */
#ifndef BASE_TERM_DETECTOR_H
#define BASE_TERM_DETECTOR_H

#include "base/term.h"

struct term_detector {
    struct term_set terms;
    const char *scope; /* of TERM_DETECTOR_SCOPE */
};

/* enum cw_scope of its name in an option: device, resident, room, site. */
uint32_t scope_named(const char *name);

/* A row of the option table; TYPE begins with struct term_detector. */
#define SCOPE_CHOICES "device|resident|room|site"
#define TERM_DETECTOR_SCOPE                                                                    \
    {                                                                                          \
        .name = "scope", .type = CW_OPT_TEXT, .offset = offsetof(struct term_detector, scope), \
        .preset = "resident",                                                                  \
        .help = "whose devices belong together: a resident's (or bed's), a device, a room "    \
                "of the roster, a site",                                                       \
        .choices = SCOPE_CHOICES                                                               \
    }

/* Adds each condition of the list, which may be NULL, and sets its bit. 0, or -EINVAL with
 * err. */
int term_detector_add(struct term_detector *self, const char *const *list, uint32_t *bits,
                      struct cw_error *err);
/* A state of n bytes, zeroed but for the memory of the conditions. */
void term_detector_reset(const struct term_detector *self, void *state, size_t n);

/* As in struct cw_detector. */
uint32_t term_detector_inputs(const void *self, struct cw_input *input, uint32_t max);
uint32_t term_detector_scope(const void *self);

#endif
