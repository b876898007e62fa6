/*
 * term.c - see term.h. The operator is the first of : < > in the text; names have none.
 */
#include "base/term.h"

#include <errno.h>
#include <math.h>
#include <string.h>

#include "base/num.h"

static const struct {
    const char *text;
    uint32_t kind;
} operators[] = {
    {"<=", TERM_AT_MOST}, {">=", TERM_AT_LEAST}, {"<", TERM_BELOW},
    {">", TERM_ABOVE},    {":", TERM_IS},
};

static int read_value(struct term *term, struct cw_str value, struct cw_str text,
                      struct cw_error *err)
{
    bool is = term->kind == TERM_IS;
    if (is && (str_is(value, "*") || str_is(value, "changed"))) {
        term->kind = value.p[0] == '*' ? TERM_ANY : TERM_CHANGED;
        return 0;
    }
    if (is && (str_is(value, "true") || str_is(value, "false"))) {
        term->value = value.n == 4;
        return 0;
    }
    if (num_parse_f64(value, &term->value) == 0)
        return 0;
    if (is && value.n == 1 && value.p[0] >= 'A' && value.p[0] <= 'z') {
        term->value = (unsigned char)value.p[0];
        return 0;
    }
    return err_set(err, -EINVAL, "\"%.*s\" compares with no value: a number, %s.", (int)text.n,
                   text.p, is ? "true, false, a letter, changed or *" : "please");
}

int term_parse(struct term *term, struct cw_str text, struct cw_error *err)
{
    *term = (struct term){.kind = TERM_EVENT, .value = (double)NAN};
    size_t end = 0;
    while (end < text.n && !strchr(":<>", text.p[end]))
        end++;
    struct cw_str name = {text.p, end}, rest = {text.p + end, text.n - end};
    if (!id_valid(name) || !str_copy(term->name, sizeof(term->name), name))
        return err_set(err, -EINVAL,
                       "\"%.*s\" is no condition: METRIC:VALUE, METRIC<NUMBER, METRIC>NUMBER, "
                       "or the type of an event.",
                       (int)utf8_cut(text, 80), text.p);
    for (size_t i = 0; rest.n && i < sizeof(operators) / sizeof(operators[0]); i++) {
        size_t n = strlen(operators[i].text);
        if (!str_starts(rest, operators[i].text))
            continue;
        term->kind = operators[i].kind;
        return read_value(term, (struct cw_str){rest.p + n, rest.n - n}, text, err);
    }
    return 0;
}

bool term_is_event(const struct term *term)
{
    return term->kind == TERM_EVENT;
}

bool term_holds(const struct term *term, double value, double before)
{
    switch (term->kind) {
    case TERM_IS:
        return value >= term->value && value <= term->value;
    case TERM_BELOW:
        return value < term->value;
    case TERM_ABOVE:
        return value > term->value;
    case TERM_AT_MOST:
        return value <= term->value;
    case TERM_AT_LEAST:
        return value >= term->value;
    case TERM_CHANGED:
        return value < before || value > before;
    default:
        return true;
    }
}

bool term_holds_unseen(const struct term *term)
{
    return term->kind == TERM_IS && !(term->value < 0) && !(term->value > 0);
}

/* ---- the terms of a detector ---- */

int term_set_add(struct term_set *set, struct cw_str text, struct cw_error *err)
{
    struct term term;
    uint32_t slot = 0;
    if (set->n == MAX_TERMS)
        return err_set(err, -EINVAL, "There are more than %d conditions.", MAX_TERMS);
    int ret = term_parse(&term, text, err);
    if (ret)
        return ret;
    while (slot < set->n_inputs &&
           (strcmp(set->term[set->first[slot]].name, term.name) != 0 ||
            term_is_event(&set->term[set->first[slot]]) != term_is_event(&term)))
        slot++;
    if (slot == CW_MAX_INPUTS)
        return err_set(err, -EINVAL,
                       "The conditions are about more than %d metrics and events.",
                       CW_MAX_INPUTS);
    if (slot == set->n_inputs)
        set->first[set->n_inputs++] = (uint8_t)set->n;
    set->term[set->n] = term;
    set->slot[set->n] = (uint8_t)slot;
    return (int)set->n++;
}

uint32_t term_set_inputs(const struct term_set *set, struct cw_input *input, uint32_t max)
{
    for (uint32_t i = 0; i < set->n_inputs && i < max; i++) {
        const struct term *term = &set->term[set->first[i]];
        input[i] = (struct cw_input){
            .kind = term_is_event(term) ? CW_INPUT_EVENT : CW_INPUT_METRIC,
            .name = term->name,
        };
    }
    return set->n_inputs;
}

void term_memory_reset(const struct term_set *set, struct term_memory *memory)
{
    *memory = (struct term_memory){.holds = 0};
    for (uint32_t i = 0; i < CW_MAX_INPUTS; i++)
        memory->value[i] = (double)NAN;
    for (uint32_t i = 0; i < set->n; i++) {
        if (term_holds_unseen(&set->term[i]))
            memory->holds |= 1u << i;
    }
}

uint32_t term_memory_take(const struct term_set *set, struct term_memory *memory, uint32_t slot,
                          const struct cw_sample *sample, uint32_t *began)
{
    uint32_t holds = 0, about = 0, always = 0;
    for (uint32_t i = 0; i < set->n; i++) {
        const struct term *term = &set->term[i];
        if (set->slot[i] != slot)
            continue;
        about |= 1u << i;
        if (term_holds(term, sample->value, memory->value[slot]))
            holds |= 1u << i;
        if (term->kind == TERM_EVENT || term->kind == TERM_ANY || term->kind == TERM_CHANGED)
            always |= 1u << i;
    }
    *began = 0;
    if (sample->sample_ns < memory->newest_ns[slot])
        return holds;
    *began = holds & (always | ~memory->holds);
    memory->holds = (memory->holds & ~about) | (holds & ~always);
    memory->newest_ns[slot] = sample->sample_ns;
    memory->value[slot] = sample->value;
    return holds;
}
