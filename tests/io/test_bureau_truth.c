/*
 * test_bureau_truth.c - months of a simulated bureau through the engine with the rules that
 * always exist: everything it says is taken, and what went wrong is found, and nothing else.
 *
 * CAREWATCH_LONG=1: a city (550 institutions, 1,100 stations, 10,921 organisations, 150 bases,
 * 5,700 projects) for a year; prints how long it took and the numbers of each kind.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#include "base/mem.h"
#include "base/units.h"
#include "core/engine.h"
#include "core/oversight/ledger.h"
#include "core/service/visit.h"
#include "core/sim/bureau.h"
#include "io/config.h"
#include "io/json_read.h"

#define START_MS INT64_C(1767571200000) /* 2026-01-05 */
#define DAY_MS INT64_C(86400000)

/* What was found: "kind subject" -> a mark. */
struct found {
    struct map at;
    const struct fold *fold;
    uint32_t n_refused, n_unregistered;
    char why[300];
};

static void mark(struct found *found, const char *kind, const char *subject, bool on)
{
    char key[256];
    (void)snprintf(key, sizeof(key), "%s %s", kind, subject);
    if (on)
        map_put(&found->at, str_of(key), found);
    else
        (void)map_remove(&found->at, str_of(key));
}

static void on_visit(void *ctx, struct position at, const void *data)
{
    struct found *found = ctx;
    const struct visit *visit = data;
    static const uint32_t kinds[] = {
        EXCEPTION_LATE,        EXCEPTION_MISSED,      EXCEPTION_SHORT,
        EXCEPTION_NO_CHECKOUT, EXCEPTION_OFF_SITE,    EXCEPTION_OVERLAP,
        EXCEPTION_DUPLICATE,   EXCEPTION_NOT_AT_HOME, EXCEPTION_UNCORROBORATED};
    char subject[160];
    (void)at;
    if (!visit->exceptions)
        return;
    (void)snprintf(subject, sizeof(subject), "%u/%s", visit->site, visit->id);
    for (size_t i = 0; i < sizeof(kinds) / sizeof(kinds[0]); i++) {
        uint32_t bit = 0;
        while (!(kinds[i] >> bit & 1))
            bit++;
        mark(found, visit_exception_name(bit), subject, visit->standing & kinds[i]);
    }
}

/* It stood until the project was accepted: what was made up for before is no finding. */
static void mark_under_delivery(struct found *found, const struct transition *t,
                                const char *project)
{
    const struct entry *entry = book_find(found->fold->book, &kind_projects, str_of(project));
    bool is_accepted = entry && strcmp(kind_projects.state[entry->state], "accepted") == 0;
    if (t->change == CHANGE_CLEARED && is_accepted)
        mark(found, "under_delivery", project, true);
}

static void on_transition(void *ctx, const struct transition *t)
{
    static const struct {
        const char *rule, *kind;
    } kinds[] = {
        {"project-over-claim", "over_claim"}, {"inspection-overdue", "inspection_overdue"},
        {"result-overdue", "result_overdue"}, {"complaint-overdue", "complaint_overdue"},
        {"duty-overdue", "duty_overdue"},     {"credit-overdue", "credit_overdue"}};
    const char *colon = strchr(t->alarm->subject, ':');
    char activity[160];
    (void)snprintf(activity, sizeof(activity), "%s/%s", t->alarm->site, colon ? colon + 1 : "");
    if (strcmp(t->alarm->rule, "activity-over-capacity") == 0)
        mark(ctx, "over_capacity", activity, true);
    if (strcmp(t->alarm->rule, "site-quiet") == 0)
        mark(ctx, "quiet", t->alarm->subject, true);
    if (colon && strcmp(t->alarm->rule, "project-under-delivery") == 0)
        mark_under_delivery(ctx, t, colon + 1);
    for (size_t i = 0; i < sizeof(kinds) / sizeof(kinds[0]); i++)
        if (colon && strcmp(t->alarm->rule, kinds[i].rule) == 0)
            mark(ctx, kinds[i].kind, colon + 1, true);
}

static void on_refused(void *ctx, enum cw_refusal reason, const struct record *record,
                       const struct cw_error *err)
{
    struct found *found = ctx;
    (void)reason;
    if (found->n_refused++ == 0)
        (void)snprintf(found->why, sizeof(found->why), "%.200s: %.*s", err->text,
                       (int)(record->payload.n < 90 ? record->payload.n : 90),
                       record->payload.p);
}

static void on_command(void *ctx, struct position at, int code, const struct alarm *alarm,
                       const struct cw_error *err)
{
    struct found *found = ctx;
    (void)at;
    (void)alarm;
    if (code && found->n_unregistered++ == 0)
        (void)snprintf(found->why, sizeof(found->why), "%.200s", err->text);
}

static void on_lines(void *ctx, struct position at, struct cw_str lines, uint32_t n_lines)
{
    (void)ctx;
    (void)at;
    (void)lines;
    (void)n_lines;
}

static void on_accepted(void *ctx, struct cw_str site, struct cw_str event_id)
{
    (void)ctx;
    (void)site;
    (void)event_id;
}

/* ---- a run ---- */

static void apply(struct engine *engine, const struct city_message *message, char *room)
{
    static struct position at = {1, 64};
    memcpy(room, message->payload.p, message->payload.n);
    memset(room + message->payload.n, 0, 64);
    struct record record = {.kind = message->kind == CITY_REGISTRY  ? RECORD_REGISTRY
                                    : message->kind == CITY_COMMAND ? RECORD_COMMAND
                                                                    : RECORD_MESSAGE,
                            .source = 1,
                            .arrived_ns = message->time_ms * NS_PER_MS,
                            .topic = str_of(message->topic),
                            .payload = {room, message->payload.n}};
    engine_apply(engine, &record, at);
    at.offset += 8;
}

/* Visits are marked by the number of their site; the truth names it. */
static bool was_found(const struct found *found, const struct fold *fold, const char *kind,
                      const char *subject)
{
    char key[256];
    const char *slash = strchr(subject, '/');
    struct cw_str id = {subject, slash ? (size_t)(slash - subject) : 0};
    const struct site *site = slash ? registry_site(&fold->registry, id) : NULL;
    if (site)
        (void)snprintf(key, sizeof(key), "%s %u%s", kind, site->number, slash);
    else
        (void)snprintf(key, sizeof(key), "%s %s", kind, subject);
    if (map_get(&found->at, str_of(key)))
        return true;
    (void)snprintf(key, sizeof(key), "%s %s", kind, subject);
    return map_get(&found->at, str_of(key)) != NULL;
}

static uint32_t count_found(const struct found *found, const char *kind, uint32_t n_visits,
                            uint32_t n_days)
{
    struct cw_str key;
    uint32_t n = 0;
    size_t len = strlen(kind);
    for (uint32_t i = 0; map_next(&found->at, &i, &key);) {
        const char *visit = memmem(key.p, key.n, "/o-", 3);
        /* Of the last days the truth says nothing yet. */
        n += key.n > len && key.p[len] == ' ' && memcmp(key.p, kind, len) == 0 &&
             (!visit || strtoul(visit + 3, NULL, 10) < (unsigned long)n_visits * (n_days - 2));
    }
    return n;
}

static void compare(const struct found *found, const struct fold *fold,
                    const struct json_node *truth, const char *kind, double recall,
                    double precision, const struct bureau_options *options)
{
    const struct json_node *list = node_get(truth, kind), *one;
    uint32_t n = 0, hit = 0;
    for (; (one = node_at(list, n)); n++) {
        bool hits = was_found(found, fold, kind, node_text(one, ""));
        if (!hits)
            print_message("%s %s was not found\n", kind, node_text(one, ""));
        hit += hits;
    }
    uint32_t n_days = (uint32_t)((options->end_ms - options->start_ms) / DAY_MS);
    uint32_t n_found = count_found(found, kind, options->n_visits, n_days);
    print_message("%-20s truth %6u  found %6u  right %6u\n", kind, n, n_found, hit);
    /* One of the last days may be in the truth and not counted. */
    if ((double)hit < recall * (double)n || (double)hit + 1 < precision * (double)n_found)
        fail_msg("%s: %u of %u were found, and %u in all", kind, hit, n, n_found);
}

static void say_mistake(void *ctx, const struct config_mistake *mistake)
{
    (void)ctx;
    print_message("%s\n", mistake->text);
}

static void run(const struct bureau_options *options, struct found *found,
                struct engine *engine, struct buf *truth)
{
    struct bureau *bureau = bureau_new(options);
    struct city_message message;
    char *room = xmalloc((1u << 16) + 64);
    uint64_t n = 0;
    clock_t began = clock();
    while (bureau_due_ms(bureau) < options->end_ms) {
        bureau_next(bureau, &message);
        apply(engine, &message, room);
        n++;
    }
    print_message("%llu records in %.1f s\n", (unsigned long long)n,
                  (double)(clock() - began) / CLOCKS_PER_SEC);
    bureau_truth(bureau, truth);
    bureau_free(bureau);
    free(room);
    if (found->n_refused || found->n_unregistered)
        fail_msg("%u refused, %u not registered, the first: %s", found->n_refused,
                 found->n_unregistered, found->why);
}

static const struct bureau_options city = {.seed = 1,
                                           .n_institutions = 550,
                                           .n_stations = 1100,
                                           .n_bases = 150,
                                           .n_organisations = 10921,
                                           .n_projects = 5700,
                                           .n_visits = 4,
                                           .start_ms = START_MS,
                                           .end_ms = START_MS + 365 * DAY_MS};
static const struct bureau_options town = {.seed = 2,
                                           .n_institutions = 20,
                                           .n_stations = 12,
                                           .n_homes = 3,
                                           .n_bases = 2,
                                           .n_organisations = 150,
                                           .n_projects = 24,
                                           .n_visits = 4,
                                           .start_ms = START_MS,
                                           .end_ms = START_MS + 155 * DAY_MS};

/* The duty that the simulated organisations know of; all else is as it always is. */
static void write_conf(char *path)
{
    static const char text[] =
        "calendar: { zone_rule = \"CST-8\"; };\n"
        "duties = ( { name = \"annual_report\"; title = \"年度工作报告\"; due = [ \"05-31\" ];"
        " types = \"social_group|private_nonprofit|foundation\"; of_previous_year = true;"
        " source = \"社会团体登记管理条例 art. 28\"; open_days = 120; } );\n";
    int fd = mkstemp(path);
    assert_true(fd >= 0 && write(fd, text, sizeof(text) - 1) == (ssize_t)sizeof(text) - 1);
    (void)close(fd);
}

static void what_goes_wrong_is_found_and_nothing_else(void **state)
{
    static const char *const kinds[] = {"late",
                                        "missed",
                                        "short",
                                        "no_checkout",
                                        "off_site",
                                        "overlap",
                                        "duplicate",
                                        "not_at_home",
                                        "over_claim",
                                        "under_delivery",
                                        "inspection_overdue",
                                        "result_overdue",
                                        "complaint_overdue",
                                        "duty_overdue",
                                        "credit_overdue",
                                        "quiet",
                                        "over_capacity"};
    const struct bureau_options *options = getenv("CAREWATCH_LONG") ? &city : &town;
    struct found found = {.n_refused = 0};
    struct engine_sink sink = {.ctx = &found,
                               .transition = on_transition,
                               .lines = on_lines,
                               .refused = on_refused,
                               .command = on_command,
                               .accepted = on_accepted,
                               .visit = on_visit};
    struct config *config;
    struct cw_error err;
    struct buf truth;
    char path[] = "/tmp/cw-bureau-XXXXXX";
    (void)state;
    map_init(&found.at);
    buf_init(&truth, 64u << 20);
    write_conf(path);
    assert_int_equal(config_load(&config, path, NULL, 0, say_mistake, NULL), 0);
    (void)unlink(path);
    struct engine *engine = engine_new(&config->rules, &sink);
    found.fold = engine_fold(engine);
    run(options, &found, engine, &truth);
    struct json_node *json = json_read(buf_str(&truth), &err);
    assert_non_null(json);
    for (size_t i = 0; i < sizeof(kinds) / sizeof(kinds[0]); i++)
        compare(&found, engine_fold(engine), json, kinds[i], 0.99, 0.95, options);
    compare(&found, engine_fold(engine), json, "uncorroborated", 0.9, 0.9, options);
    json_read_free(json);
    engine_free(engine);
    config_free(config);
    buf_done(&truth);
    map_done(&found.at);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(what_goes_wrong_is_found_and_nothing_else)};
    return cmocka_run_group_tests(tests, NULL, NULL);
}
