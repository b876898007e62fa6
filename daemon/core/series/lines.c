/*
 * lines.c - prefix from the cache, body from the encoder, one after the other.
 */
#include "core/series/lines.h"

#include <stdlib.h>
#include <string.h>

#include "base/mem.h"

#define FIRST_ROOM (64u << 10)
#define MAX_PREFIX 1024u

/* A device's prefixes, one behind the other. Void when they are of another generation: the
 * encoder or the site's district may be another since then. */
struct prefixes {
    uint32_t generation;
    uint16_t n_text;
    struct {
        uint16_t at, n; /* n 0: not made yet */
    } of[N_MEASUREMENTS];
    char text[];
};

/* A metric's name as the encoder writes it; void when it is of another generation. */
struct line_name {
    uint32_t generation;
    struct cw_str text; /* owned; empty: not made, or one for body() */
};

/* Which fields of a layout become which line, with their names: one line behind the other. */
struct line_plan {
    uint64_t serial; /* of the layout; 0 none */
    uint32_t generation;
    uint16_t end[N_MEASUREMENTS]; /* behind the fields of each */
    uint16_t field[MAX_LAYOUT_FIELDS];
    struct cw_str name[MAX_LAYOUT_FIELDS]; /* of lines->name */
};

void lines_init(struct lines *lines)
{
    *lines = (struct lines){.cap = FIRST_ROOM, .text = xmalloc(FIRST_ROOM)};
}

void lines_done(struct lines *lines)
{
    for (uint32_t i = 0; i < lines->n_names; i++)
        free((char *)(uintptr_t)lines->name[i].text.p);
    free(lines->text);
    free(lines->field);
    free(lines->named);
    free(lines->name);
    free(lines->plan);
    *lines = (struct lines){0};
}

void lines_begin(struct lines *lines, const struct engine_sink *sink, struct position at,
                 uint32_t generation)
{
    lines->sink = sink;
    lines->at = at;
    lines->generation = generation;
}

void lines_flush(struct lines *lines)
{
    if (lines->n_lines)
        lines->sink->lines(lines->sink->ctx, lines->at, (struct cw_str){lines->text, lines->n},
                           lines->n_lines);
    lines->n = 0;
    lines->n_lines = 0;
}

void prefixes_free(struct prefixes *prefixes)
{
    free(prefixes);
}

static size_t make_prefix(const struct ruleset *rules, const struct site *site,
                          struct cw_str device, uint8_t measurement, char room[MAX_PREFIX])
{
    const struct cw_encoder *encoder = rules->encoder->ops.encoder;
    struct cw_tag tag[] = {
        {CW_STR("device"), device},
        {CW_STR("district"), str_of(site->district)},
        {CW_STR("site"), str_of(site->id)},
    };
    uint32_t n_tags = 3;
    if (!site->district[0]) {
        tag[1] = tag[2];
        n_tags = 2;
    }
    size_t n = encoder->prefix(rules->encoder_self, str_of(measurement_name(measurement)), tag,
                               n_tags, room, MAX_PREFIX);
    return n <= MAX_PREFIX ? n : 0;
}

/* A prefix that cannot be written is made again every time. */
static void keep_prefix(struct prefixes **kept, uint8_t measurement, struct cw_str prefix)
{
    struct prefixes *prefixes = *kept;
    uint16_t at = prefixes->n_text;
    prefixes = xrealloc(prefixes, sizeof(*prefixes) + at + prefix.n);
    memcpy(prefixes->text + at, prefix.p, prefix.n);
    prefixes->of[measurement].at = at;
    prefixes->of[measurement].n = (uint16_t)prefix.n;
    prefixes->n_text = (uint16_t)(at + prefix.n);
    *kept = prefixes;
}

static struct cw_str kept_prefix(uint32_t generation, const struct ruleset *rules,
                                 const struct site *site, struct cw_str device,
                                 uint8_t measurement, struct prefixes **kept,
                                 char room[MAX_PREFIX])
{
    if (!*kept)
        *kept = xcalloc(1, sizeof(**kept));
    if ((*kept)->generation != generation)
        **kept = (struct prefixes){.generation = generation};
    if ((*kept)->of[measurement].n == 0) {
        size_t n = make_prefix(rules, site, device, measurement, room);
        keep_prefix(kept, measurement, (struct cw_str){room, n});
    }
    const struct prefixes *prefixes = *kept;
    return (struct cw_str){prefixes->text + prefixes->of[measurement].at,
                           prefixes->of[measurement].n};
}

/* ---- names ---- */

static void name_room(struct lines *lines, uint32_t n)
{
    if (n <= lines->n_names)
        return;
    lines->name = xrealloc(lines->name, n * sizeof(*lines->name));
    for (uint32_t i = lines->n_names; i < n; i++)
        lines->name[i] = (struct line_name){.generation = 0};
    lines->n_names = n;
}

static void make_name(struct lines *lines, const struct ruleset *rules,
                      const struct metric *metric)
{
    const struct cw_encoder *encoder = rules->encoder->ops.encoder;
    char room[2 * MAX_METRIC_NAME + 16];
    size_t n = encoder->name(rules->encoder_self, metric->name, room, sizeof(room));
    name_room(lines, metric->number + 1u);
    struct line_name *name = &lines->name[metric->number];
    free((char *)(uintptr_t)name->text.p);
    *name = (struct line_name){.generation = lines->generation};
    if (n > 0 && n <= sizeof(room))
        name->text = (struct cw_str){xstrndup(room, n), n};
}

static struct cw_str name_of(struct lines *lines, const struct ruleset *rules,
                             const struct metric *metric)
{
    uint32_t number = metric->number;
    if (number >= lines->n_names || lines->name[number].text.n == 0 ||
        lines->name[number].generation != lines->generation)
        make_name(lines, rules, metric);
    return lines->name[number].text;
}

/* ---- bodies ---- */

/* The fields of one line, with or without their names. */
struct body {
    const struct cw_field *field;
    const struct cw_named *named; /* NULL: without */
    uint32_t n;
    int64_t time_ns;
};

static size_t write_body(const struct ruleset *rules, const struct body *body, char *dst,
                         size_t cap)
{
    const struct cw_encoder *encoder = rules->encoder->ops.encoder;
    if (body->named)
        return encoder->named_body(rules->encoder_self, body->named, body->n, body->time_ns,
                                   dst, cap);
    return encoder->body(rules->encoder_self, body->field, body->n, body->time_ns, dst, cap);
}

static bool put_line(struct lines *lines, const struct ruleset *rules, const struct body *body,
                     struct cw_str prefix)
{
    size_t room = lines->cap - lines->n;
    if (prefix.n > room)
        return false;
    size_t n = write_body(rules, body, lines->text + lines->n + prefix.n, room - prefix.n);
    if (n > room - prefix.n)
        return false;
    if (n == 0)
        return true; /* It cannot be written at all; nothing is. */
    memcpy(lines->text + lines->n, prefix.p, prefix.n);
    lines->n += prefix.n + n;
    lines->n_lines++;
    lines->n_written++;
    return true;
}

static void add_line(struct lines *lines, const struct ruleset *rules, const struct body *body,
                     struct cw_str prefix)
{
    if (prefix.n == 0 || put_line(lines, rules, body, prefix))
        return;
    lines_flush(lines);
    while (!put_line(lines, rules, body, prefix)) {
        /* A record's size is bounded, and so is the line it makes. */
        lines->cap *= 2;
        lines->text = xrealloc(lines->text, lines->cap);
    }
}

/* The fields of one measurement, in their order. */
static uint32_t pick(struct lines *lines, const struct cw_point *point,
                     const struct metric *const *metric, uint8_t measurement)
{
    if (point->n_fields > lines->max_fields) {
        lines->max_fields = point->n_fields;
        lines->field = xrealloc(lines->field, lines->max_fields * sizeof(*lines->field));
    }
    uint32_t n = 0;
    for (uint32_t i = 0; i < point->n_fields; i++) {
        if (metric[i]->measurement == measurement)
            lines->field[n++] = point->field[i];
    }
    return n;
}

static void named_room(struct lines *lines, uint32_t n)
{
    if (n <= lines->max_named)
        return;
    lines->max_named = n;
    lines->named = xrealloc(lines->named, n * sizeof(*lines->named));
}

/* The same with their names; false: one of them has none. */
static bool pick_named(struct lines *lines, const struct ruleset *rules,
                       const struct cw_point *point, const struct metric *const *metric,
                       uint8_t measurement, uint32_t *n)
{
    if (!rules->encoder->ops.encoder->name)
        return false;
    named_room(lines, point->n_fields);
    *n = 0;
    for (uint32_t i = 0; i < point->n_fields; i++) {
        if (metric[i]->measurement != measurement)
            continue;
        struct cw_str name = name_of(lines, rules, metric[i]);
        if (name.n == 0)
            return false;
        lines->named[(*n)++] = (struct cw_named){name, &point->field[i]};
    }
    return true;
}

/* ---- a point ---- */

static struct cw_str prefix_of(const struct lines *lines, const struct ruleset *rules,
                               const struct site *site, struct cw_str device,
                               uint8_t measurement, struct prefixes **kept,
                               char room[MAX_PREFIX])
{
    if (kept)
        return kept_prefix(lines->generation, rules, site, device, measurement, kept, room);
    return (struct cw_str){room, make_prefix(rules, site, device, measurement, room)};
}

static bool make_plan(struct lines *lines, const struct ruleset *rules,
                      const struct layout *layout)
{
    if (!rules->encoder->ops.encoder->name)
        return false;
    if (!lines->plan)
        lines->plan = xcalloc(MAX_LAYOUTS, sizeof(*lines->plan));
    struct line_plan *plan = &lines->plan[layout->index];
    uint16_t n = 0;
    plan->serial = 0;
    for (uint8_t m = 0; m < N_MEASUREMENTS; m++) {
        for (uint32_t i = 0; i < layout->n; i++) {
            if (layout->metric[i]->measurement != m)
                continue;
            plan->field[n] = (uint16_t)i;
            plan->name[n] = name_of(lines, rules, layout->metric[i]);
            if (plan->name[n++].n == 0)
                return false;
        }
        plan->end[m] = n;
    }
    named_room(lines, layout->n);
    plan->generation = lines->generation;
    plan->serial = layout->serial;
    return true;
}

/* The plan that counts, or NULL: its lines are made field by field. Names of an older
 * generation are gone with it. */
static const struct line_plan *plan_of(struct lines *lines, const struct ruleset *rules,
                                       const struct layout *layout)
{
    const struct line_plan *plan = lines->plan ? &lines->plan[layout->index] : NULL;
    if (plan && plan->serial == layout->serial && plan->generation == lines->generation)
        return plan;
    return make_plan(lines, rules, layout) ? &lines->plan[layout->index] : NULL;
}

void lines_point(struct lines *lines, const struct ruleset *rules, const struct site *site,
                 struct cw_str device, struct prefixes **kept, const struct cw_point *point,
                 const struct metric *const *metric, const struct layout *layout,
                 int64_t time_ns)
{
    const struct line_plan *plan = layout ? plan_of(lines, rules, layout) : NULL;
    struct body body = {.time_ns = time_ns};
    unsigned present = 0;
    uint16_t at = 0;
    for (uint32_t i = 0; !plan && i < point->n_fields; i++)
        present |= 1u << metric[i]->measurement;
    for (uint8_t m = 0; m < N_MEASUREMENTS; m++) {
        char room[MAX_PREFIX];
        if (plan ? plan->end[m] == at : !(present & (1u << m)))
            continue;
        struct cw_str prefix = prefix_of(lines, rules, site, device, m, kept, room);
        if (plan) {
            body.named = lines->named;
            for (body.n = 0; at < plan->end[m]; at++)
                lines->named[body.n++] =
                    (struct cw_named){plan->name[at], &point->field[plan->field[at]]};
        } else if (pick_named(lines, rules, point, metric, m, &body.n)) {
            body.named = lines->named;
        } else {
            body.n = pick(lines, point, metric, m);
            body.field = lines->field;
            body.named = NULL;
        }
        add_line(lines, rules, &body, prefix);
    }
}
