/*
 * tally.c - one row per month, site and project, found by its key, walked by number.
 */
#include "core/service/service.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/instant.h"
#include "base/mem.h"
#include "base/num.h"
#include "base/units.h"
#include "base/zone.h"
#include "core/view/snapshot.h"

#define MAX_TALLY_KEY (MAX_ID + 40)
#define MIN_TALLY_BYTES 64u
#define MAX_MINUTES (24 * 60)

void tallies_init(struct tallies *tallies)
{
    *tallies = (struct tallies){0};
    map_init(&tallies->by_key);
    map_init(&tallies->by_project);
    map_init(&tallies->seen);
}

void tallies_done(struct tallies *tallies)
{
    for (uint32_t i = 0; i < tallies->n; i++)
        free(tallies->tally[i]);
    free(tallies->tally);
    void *one;
    for (uint32_t i = 0; (one = map_next(&tallies->seen, &i, NULL));)
        free(one);
    for (uint32_t i = 0; (one = map_next(&tallies->by_project, &i, NULL));)
        free(one);
    map_done(&tallies->by_project);
    map_done(&tallies->seen);
    map_done(&tallies->by_key);
    *tallies = (struct tallies){0};
}

/* ---- months ---- */

int32_t month_of(const struct fold *fold, int64_t at_ns)
{
    int64_t local_s = zone_local_s(&fold->rules->zone, at_ns / NS_PER_S);
    int year, month, day;
    instant_date(local_s / 86400, &year, &month, &day);
    return (year - 1970) * 12 + month - 1;
}

size_t month_format(int32_t month, char dst[MONTH_MAX])
{
    return (size_t)snprintf(dst, MONTH_MAX, "%04d-%02d", 1970 + month / 12, month % 12 + 1);
}

int month_parse(struct cw_str text, int32_t *month)
{
    int64_t year, number;
    if (text.n != 7 || text.p[4] != '-' ||
        num_parse_i64((struct cw_str){text.p, 4}, &year) < 0 ||
        num_parse_i64(
            (struct cw_str){text.p + (text.p[5] == '0' ? 6 : 5), text.p[5] == '0' ? 1 : 2},
            &number) < 0 ||
        year < 1970 || year > 9999 || number < 1 || number > 12)
        return -EINVAL;
    *month = (int32_t)((year - 1970) * 12 + number - 1);
    return 0;
}

/* ---- who was seen ---- */

const struct recipient_seen *recipient_seen(const struct tallies *tallies, uint32_t site,
                                            struct cw_str recipient)
{
    char key[MAX_TALLY_KEY];
    int n = snprintf(key, sizeof(key), "%u %.*s", site, (int)recipient.n, recipient.p);
    return map_get(&tallies->seen, (struct cw_str){key, (size_t)n});
}

/* NULL: there are `max` already. */
static struct recipient_seen *meet_seen(struct tallies *tallies, uint32_t site,
                                        struct cw_str recipient, uint64_t max)
{
    char key[MAX_TALLY_KEY];
    int n = snprintf(key, sizeof(key), "%u %.*s", site, (int)recipient.n, recipient.p);
    struct recipient_seen *seen = map_get(&tallies->seen, (struct cw_str){key, (size_t)n});
    if (seen || map_count(&tallies->seen) >= max)
        return seen;
    seen = xcalloc(1, sizeof(*seen));
    map_put(&tallies->seen, (struct cw_str){key, (size_t)n}, seen);
    return seen;
}

static void note_seen(struct fold *fold, const struct visit *visit)
{
    struct tallies *tallies = &fold->service->tallies;
    int32_t month = month_of(fold, visit->checkin_ns);
    struct recipient_seen *seen = meet_seen(tallies, visit->site, str_of(visit->recipient),
                                            (uint64_t)fold->rules->settings.max_entries);
    if (!seen) {
        tallies->n_uncounted++;
        return;
    }
    for (size_t i = 0; i < SEEN_MONTHS; i++)
        if (seen->month[i] == month)
            return;
    /* The oldest gives way, unless it is the newer one. */
    size_t oldest = 0;
    for (size_t i = 1; i < SEEN_MONTHS; i++)
        if (seen->month[i] < seen->month[oldest])
            oldest = i;
    if (seen->month[oldest] < month)
        seen->month[oldest] = month;
}

/* ---- counting ---- */

static void link(struct tallies *tallies, struct visit_tally *tally)
{
    char key[MAX_TALLY_KEY];
    int n = snprintf(key, sizeof(key), "%d %u %s", tally->month, tally->site, tally->project);
    tallies->tally = xrealloc(tallies->tally, (tallies->n + 1) * sizeof(*tallies->tally));
    tallies->tally[tallies->n++] = tally;
    tally->number = tallies->n;
    map_put(&tallies->by_key, (struct cw_str){key, (size_t)n}, tally);
    struct cw_str project = str_of(tally->project);
    if (project.n > 0 && !map_get(&tallies->by_project, project))
        map_put(&tallies->by_project, project, xcalloc(1, sizeof(*tally)));
    tally->of_project = map_get(&tallies->by_project, project);
}

static struct visit_tally *meet(struct tallies *tallies, uint64_t max, int32_t month,
                                uint32_t site, const char *project)
{
    char key[MAX_TALLY_KEY];
    int n = snprintf(key, sizeof(key), "%d %u %s", month, site, project);
    struct visit_tally *tally = map_get(&tallies->by_key, (struct cw_str){key, (size_t)n});
    if (tally)
        return tally;
    if (tallies->n >= max)
        return NULL;
    tally = xcalloc(1, sizeof(*tally));
    tally->month = month;
    tally->site = site;
    (void)str_copy(tally->project, sizeof(tally->project), str_of(project));
    link(tallies, tally);
    return tally;
}

/* Adds or takes back; unsigned numbers wrap, and what is added comes off again. */
static void add_one(struct visit_tally *tally, const struct visit *visit, uint64_t sign)
{
    uint32_t bits = visit->counted;
    for (uint32_t i = 0; i < N_EXCEPTIONS; i++)
        tally->exception[i] += bits & (1u << i) ? sign : 0;
    tally->planned += bits & TALLY_PLANNED ? sign : 0;
    tally->done += bits & TALLY_DONE ? sign : 0;
    tally->minutes += bits & TALLY_DONE ? sign * visit->counted_min : 0;
    tally->verified += bits & TALLY_VERIFIED ? sign : 0;
    tally->verified_minutes += bits & TALLY_VERIFIED ? sign * visit->counted_min : 0;
    tally->cancelled += bits & TALLY_CANCELLED ? sign : 0;
    tally->rated += bits & TALLY_RATED ? sign : 0;
    tally->score += bits & TALLY_RATED ? sign * visit->counted_score : 0;
    tally->settled += bits & TALLY_SETTLED ? sign : 0;
    tally->settled_fen += bits & TALLY_SETTLED ? sign * (uint64_t)visit->counted_fen : 0;
}

/* To the row, and to the sum of its project. */
static void add(struct visit_tally *tally, const struct visit *visit, uint64_t sign)
{
    add_one(tally, visit, sign);
    if (tally->of_project)
        add_one(tally->of_project, visit, sign);
}

static uint32_t bits_of(const struct visit *visit)
{
    uint32_t bits = visit->standing;
    if (visit->start_ns)
        bits |= TALLY_PLANNED;
    if (visit->checkin_ns && visit->checkout_ns)
        bits |= TALLY_DONE;
    if (visit_is_verified(visit))
        bits |= TALLY_VERIFIED;
    if (visit->state == VISIT_CANCELLED)
        bits |= TALLY_CANCELLED;
    if (visit->score)
        bits |= TALLY_RATED;
    if (visit->settled_ns)
        bits |= TALLY_SETTLED;
    return bits;
}

static uint32_t minutes_of(const struct visit *visit)
{
    int64_t ns = visit->checkin_ns && visit->checkout_ns > visit->checkin_ns
                     ? visit->checkout_ns - visit->checkin_ns
                     : 0;
    int64_t minutes = (ns + 30 * NS_PER_S) / (60 * NS_PER_S);
    return minutes > MAX_MINUTES ? MAX_MINUTES : (uint32_t)minutes;
}

static void tell(struct fold *fold, const struct visit_tally *tally)
{
    if (fold->service->counted && *tally->project)
        fold->service->counted(fold, str_of(tally->project));
}

static bool is_of(const struct visit_tally *tally, int32_t month, const struct visit *visit)
{
    return tally && tally->month == month && tally->site == visit->site &&
           strcmp(tally->project, visit->project) == 0;
}

/* `tally` was its row before, and mostly still is; or NULL. */
static void count(struct fold *fold, struct visit *visit, struct visit_tally *tally)
{
    struct tallies *tallies = &fold->service->tallies;
    int64_t at_ns = visit->start_ns ? visit->start_ns : visit->checkin_ns;
    if (!at_ns)
        return;
    int32_t month = month_of(fold, at_ns);
    if (!is_of(tally, month, visit))
        tally = meet(tallies, (uint64_t)fold->rules->settings.max_entries, month, visit->site,
                     visit->project);
    if (!tally) {
        tallies->n_uncounted++;
        return;
    }
    visit->tally = tally->number;
    visit->counted = bits_of(visit);
    visit->counted_min = minutes_of(visit);
    visit->counted_score = visit->score;
    visit->counted_fen = visit->amount_fen;
    add(tally, visit, 1);
}

/* It is counted in `row` as it is: half of what is said of a visit changes no number. */
static bool is_counted(const struct fold *fold, const struct visit *visit,
                       const struct visit_tally *row)
{
    int64_t at_ns = visit->start_ns ? visit->start_ns : visit->checkin_ns;
    return row && at_ns && visit->counted == bits_of(visit) &&
           visit->counted_min == minutes_of(visit) && visit->counted_score == visit->score &&
           visit->counted_fen == visit->amount_fen && is_of(row, month_of(fold, at_ns), visit);
}

static void count_again(struct fold *fold, struct visit *visit, struct visit_tally *before)
{
    struct tallies *tallies = &fold->service->tallies;
    bool was_verified = before && visit->counted & TALLY_VERIFIED;
    if (before)
        add(before, visit, UINT64_MAX);
    visit->tally = 0;
    count(fold, visit, before);
    const struct visit_tally *now = visit->tally ? tallies->tally[visit->tally - 1] : NULL;
    bool is_verified = now && visit->counted & TALLY_VERIFIED;
    if (was_verified && (before != now || !is_verified))
        tell(fold, before);
    if (is_verified && (before != now || !was_verified))
        tell(fold, now);
}

void tally_visit(struct fold *fold, struct visit *visit)
{
    struct tallies *tallies = &fold->service->tallies;
    struct visit_tally *row = visit->tally ? tallies->tally[visit->tally - 1] : NULL;
    if (!is_counted(fold, visit, row))
        count_again(fold, visit, row);
    if (visit->checkin_ns && visit->checkout_ns && *visit->recipient &&
        strcmp(visit->service, "visit") == 0)
        note_seen(fold, visit);
}

struct visit_tally tally_of_project(const struct tallies *tallies, struct cw_str project)
{
    const struct visit_tally *sum = map_get(&tallies->by_project, project);
    return sum ? *sum : (struct visit_tally){0};
}

void tally_add(struct visit_tally *sum, const struct visit_tally *one)
{
    sum->planned += one->planned;
    sum->done += one->done;
    sum->verified += one->verified;
    sum->cancelled += one->cancelled;
    sum->rated += one->rated;
    sum->score += one->score;
    sum->settled += one->settled;
    sum->settled_fen += one->settled_fen;
    sum->minutes += one->minutes;
    sum->verified_minutes += one->verified_minutes;
    for (uint32_t i = 0; i < N_EXCEPTIONS; i++)
        sum->exception[i] += one->exception[i];
}

/* ---- snapshot ---- */

#define N_NUMBERS 10u

void tallies_save(const struct tallies *tallies, struct saver *saver)
{
    save_u64(saver, tallies->n_uncounted);
    save_u32(saver, tallies->n);
    for (uint32_t i = 0; i < tallies->n; i++) {
        const struct visit_tally *one = tallies->tally[i];
        save_i64(saver, one->month);
        save_u32(saver, one->site);
        save_str(saver, str_of(one->project));
        const uint64_t number[N_NUMBERS] = {one->planned,  one->done,
                                            one->verified, one->cancelled,
                                            one->rated,    one->score,
                                            one->settled,  one->settled_fen,
                                            one->minutes,  one->verified_minutes};
        for (uint32_t k = 0; k < N_NUMBERS; k++)
            save_u64(saver, number[k]);
        save_u32(saver, N_EXCEPTIONS);
        for (uint32_t k = 0; k < N_EXCEPTIONS; k++)
            save_u64(saver, one->exception[k]);
    }
    save_u32(saver, map_count(&tallies->seen));
    struct cw_str key;
    const struct recipient_seen *seen;
    for (uint32_t i = 0; (seen = map_next(&tallies->seen, &i, &key));) {
        save_str(saver, key);
        for (size_t k = 0; k < SEEN_MONTHS; k++)
            save_u32(saver, (uint32_t)seen->month[k]);
    }
}

static void load_exceptions(struct visit_tally *tally, struct loader *loader)
{
    uint32_t n = load_count(loader, sizeof(uint64_t));
    if (n > N_EXCEPTIONS)
        loader->failed = true;
    for (uint32_t i = 0; i < n && !loader->failed; i++)
        tally->exception[i] = load_u64(loader);
}

void tallies_load(struct tallies *tallies, struct loader *loader)
{
    tallies->n_uncounted = load_u64(loader);
    uint32_t n = load_count(loader, MIN_TALLY_BYTES);
    for (uint32_t i = 0; i < n && !loader->failed; i++) {
        struct visit_tally *one = xcalloc(1, sizeof(*one));
        one->month = (int32_t)load_i64(loader);
        one->site = load_u32(loader);
        load_field(loader, one->project, sizeof(one->project));
        uint64_t *const number[N_NUMBERS] = {&one->planned,  &one->done,
                                             &one->verified, &one->cancelled,
                                             &one->rated,    &one->score,
                                             &one->settled,  &one->settled_fen,
                                             &one->minutes,  &one->verified_minutes};
        for (uint32_t k = 0; k < N_NUMBERS; k++)
            *number[k] = load_u64(loader);
        load_exceptions(one, loader);
        link(tallies, one);
        if (one->of_project)
            tally_add(one->of_project, one);
    }
    n = loader->version >= 3 ? load_count(loader, 4) : 0;
    for (uint32_t i = 0; i < n && !loader->failed; i++) {
        struct cw_str key = load_str(loader);
        struct recipient_seen *seen = xcalloc(1, sizeof(*seen));
        for (size_t k = 0; k < SEEN_MONTHS; k++)
            seen->month[k] = (int32_t)load_u32(loader);
        free(map_put(&tallies->seen, key, seen));
    }
}
