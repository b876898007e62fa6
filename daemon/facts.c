/*
 * facts.c - one page of rows at a time: asked of the store, sent, then the cursor moves.
 */
#include "facts.h"

#include <stdlib.h>

#include "base/clock.h"
#include "base/log.h"
#include "base/mem.h"
#include "base/units.h"
#include "core/view/fact_line.h"

#define MAX_PAGE_LINES 500
#define MAX_LINE_BYTES 8192u
#define KEEP_WRITTEN_NS (INT64_C(30) * 24 * 3600 * NS_PER_S)
#define KPI_NS (10 * NS_PER_S)

struct facts {
    struct store *store;
    struct influx *influx;
    uint32_t max_lines;
    size_t max_bytes; /* of a page */
    bool stopped, asking;
    struct buf line;
    /* numbering, on the way in */
    struct position at; /* the record of the newest fact */
    uint32_t ordinal;   /* of the next fact within it */
    int64_t time_ns;    /* of the newest fact */
    /* on the way out; numbers of rows */
    uint64_t cursor;  /* the database has up to here */
    uint64_t sending; /* up to here is on its way; 0 nothing but kpi */
    uint64_t newest;
    int64_t kpi_ns;      /* monotonic: the last one was counted; 0 none */
    uint64_t n_messages; /* then */
    struct buf kpi;      /* its line, or empty */
    struct facts_status status;
};

struct facts *facts_new(struct store *store, struct influx *influx,
                        const struct influx_options *options)
{
    struct facts *facts = xcalloc(1, sizeof(*facts));
    facts->store = store;
    facts->influx = influx;
    facts->max_lines =
        options->batch_lines < MAX_PAGE_LINES ? (uint32_t)options->batch_lines : MAX_PAGE_LINES;
    facts->max_bytes = (size_t)options->batch_bytes;
    facts->cursor = store_facts_cursor_at_open(store);
    facts->time_ns = store_facts_time_at_open(store);
    buf_init(&facts->line, MAX_LINE_BYTES);
    buf_init(&facts->kpi, MAX_LINE_BYTES);
    return facts;
}

void facts_stop(struct facts *facts)
{
    if (facts)
        facts->stopped = true;
}

void facts_free(struct facts *facts)
{
    if (!facts)
        return;
    buf_done(&facts->line);
    buf_done(&facts->kpi);
    free(facts);
}

/* ---- the way in ---- */

/* Is it one the store does not have yet? Then its time. The store keeps it, so it is the same
 * however often the row is sent. */
static bool begin_fact(struct facts *facts, struct position at, int64_t at_ns, int64_t *time_ns)
{
    if (!facts || position_cmp(at, store_cursor_at_open(facts->store)) < 0)
        return false;
    *time_ns = at_ns > facts->time_ns ? at_ns : facts->time_ns + 1;
    buf_clear(&facts->line);
    return true;
}

static bool add_fact(struct facts *facts, struct position at, int64_t time_ns, bool encoded)
{
    if (!encoded) {
        facts->status.n_unwritable++;
        return false;
    }
    if (position_cmp(at, facts->at) != 0)
        facts->ordinal = 0;
    facts->at = at;
    facts->time_ns = time_ns;
    store_add_fact(facts->store, at, facts->ordinal++, time_ns, buf_str(&facts->line));
    return true;
}

bool facts_transition(struct facts *facts, const struct ruleset *rules,
                      const struct transition *transition)
{
    int64_t time_ns;
    if (!begin_fact(facts, transition->at, transition->at_ns, &time_ns))
        return false;
    return add_fact(facts, transition->at, time_ns,
                    fact_of_transition(rules, transition, time_ns, &facts->line));
}

bool facts_visit(struct facts *facts, const struct ruleset *rules, struct position at,
                 const struct site *site, const struct visit *visit, int64_t at_ns)
{
    int64_t time_ns;
    if (!begin_fact(facts, at, at_ns, &time_ns))
        return false;
    return add_fact(facts, at, time_ns,
                    fact_of_visit(rules, site, visit, time_ns, &facts->line));
}

bool facts_activity(struct facts *facts, const struct ruleset *rules, struct position at,
                    const struct activity_change *change)
{
    int64_t time_ns;
    if (!begin_fact(facts, at, change->at_ns, &time_ns))
        return false;
    return add_fact(facts, at, time_ns, fact_of_activity(rules, change, time_ns, &facts->line));
}

/* ---- the way out ---- */

/* Makes the line of now when it is time. */
static void make_kpi(struct facts *facts, const struct fold *fold)
{
    int64_t now_ns = clock_monotonic_ns(), since_ns = now_ns - facts->kpi_ns;
    double n = (double)(fold->counters.n_messages - facts->n_messages);
    bool is_first = facts->kpi_ns == 0; /* there is no rate yet */
    struct kpi kpi;
    if (!is_first && since_ns < KPI_NS)
        return;
    facts->kpi_ns = now_ns;
    facts->n_messages = fold->counters.n_messages;
    if (is_first)
        return;
    buf_clear(&facts->kpi);
    kpi_count(fold, clock_wall_ns(), NULL, NULL, &kpi);
    if (!fact_of_kpi(fold->rules, &kpi, n * (double)NS_PER_S / (double)since_ns,
                     clock_wall_ns(), &facts->kpi))
        facts->status.n_unwritable++;
}

static void note_gap(struct facts *facts, const struct fact_page *page)
{
    if (page->first <= facts->cursor + 1)
        return;
    uint64_t n = page->first - facts->cursor - 1;
    facts->status.n_given_up += n;
    log_err("influx: rows given up, the store keeps %d and the database was away for longer "
            "rows=%llu",
            MAX_FACTS, (unsigned long long)n);
    facts->cursor = page->first - 1;
}

static bool is_free(const struct facts *facts)
{
    return !facts->stopped && !facts->asking && influx_rows_free(facts->influx);
}

static void on_page(void *ctx, const struct fact_page *page)
{
    struct facts *facts = ctx;
    struct buf lines;
    facts->asking = false;
    facts->newest = page->newest > 0 ? page->newest : facts->newest;
    if (!is_free(facts))
        return; /* it was asked only how many there are */
    if (page->n_lines > 0)
        note_gap(facts, page);
    buf_init(&lines, page->lines.n + facts->kpi.n + 1);
    buf_add_str(&lines, page->lines);
    buf_add_str(&lines, buf_str(&facts->kpi));
    uint32_t n = page->n_lines + (facts->kpi.n > 0);
    if (n > 0 && influx_rows(facts->influx, buf_str(&lines), n))
        facts->sending = page->last;
    buf_clear(&facts->kpi);
    buf_done(&lines);
}

static void ask(struct facts *facts, uint32_t max_lines)
{
    facts->asking = true;
    store_facts(facts->store, facts->cursor, max_lines, facts->max_bytes, on_page, facts);
}

void facts_tick(struct facts *facts, const struct fold *fold)
{
    if (!facts || facts->stopped || facts->asking)
        return;
    if (is_free(facts)) {
        make_kpi(facts, fold);
        ask(facts, facts->max_lines);
    } else {
        ask(facts, 0);
    }
}

void facts_written(struct facts *facts)
{
    if (!facts)
        return;
    if (facts->sending > facts->cursor) {
        facts->status.n_written += facts->sending - facts->cursor;
        facts->cursor = facts->sending;
        store_facts_written(facts->store, facts->cursor, clock_wall_ns() - KEEP_WRITTEN_NS);
    }
    facts->sending = 0;
    if (facts->newest > facts->cursor && is_free(facts))
        ask(facts, facts->max_lines);
}

void facts_status(const struct facts *facts, struct facts_status *status)
{
    *status = facts->status;
    status->n_waiting = facts->newest > facts->cursor ? facts->newest - facts->cursor : 0;
}
