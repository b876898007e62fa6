/*
 * term.h - a condition as a rule writes it, about one event or one metric:
 *
 *   "call.pressed"    an event of that type
 *   "in_bed:false"    the value is that: true, false, a number, or a letter ("consciousness:U")
 *   "spo2<90"         also > <= >=
 *   "motion:*"        any value
 *   "door:changed"    a value other than the one before
 *
 * Without an operator it is an event's type; metrics always have one.
 */
#ifndef BASE_TERM_H
#define BASE_TERM_H

#include <stdbool.h>
#include <stdint.h>

#include <carewatch/plugin.h>

#include "base/str.h"

enum term_kind {
    TERM_EVENT = 1,
    TERM_IS,
    TERM_BELOW,
    TERM_ABOVE,
    TERM_AT_MOST,
    TERM_AT_LEAST,
    TERM_ANY,
    TERM_CHANGED,
};

/* Plain data, without pointers. */
struct term {
    uint32_t kind; /* enum term_kind */
    char name[MAX_ID + 1];
    double value;
};

/* 0, or -EINVAL with err. */
int term_parse(struct term *term, struct cw_str text, struct cw_error *err);
bool term_is_event(const struct term *term);
/* Whether it holds for a value of its metric; `before` is the value before it, NAN none. An
 * event always holds at the moment it comes. */
bool term_holds(const struct term *term, double value, double before);
/* Whether it holds before the first value: what was never heard of counts as false and zero,
 * so that an empty bed that is seen for the first time is nobody who got up. */
bool term_holds_unseen(const struct term *term);

/* The terms of a detector and the inputs that they share. Plain data, part of its options. */
#define MAX_TERMS 16

struct term_set {
    struct term term[MAX_TERMS];
    uint8_t slot[MAX_TERMS]; /* its input */
    uint32_t n;
    uint8_t first[CW_MAX_INPUTS]; /* of the inputs, a term that names it */
    uint32_t n_inputs;
};

/* Adds a term and gives its index, or -EINVAL with err. */
int term_set_add(struct term_set *set, struct cw_str text, struct cw_error *err);
/* As struct cw_detector's inputs(); names stay in the set. */
uint32_t term_set_inputs(const struct term_set *set, struct cw_input *input, uint32_t max);

/* What a detector remembers of them; zeroed by term_memory_reset(). */
struct term_memory {
    double value[CW_MAX_INPUTS]; /* NAN: none yet */
    int64_t newest_ns[CW_MAX_INPUTS];
    uint32_t holds; /* a bit per term */
};

void term_memory_reset(const struct term_set *set, struct term_memory *memory);
/* One sample of an input. Gives the terms that hold for it, as bits; *began those of them
 * that did not hold before (an event, any value and a change always begin). A sample older
 * than the newest is answered, but not remembered, and begins nothing. */
uint32_t term_memory_take(const struct term_set *set, struct term_memory *memory, uint32_t slot,
                          const struct cw_sample *sample, uint32_t *began);

#endif
