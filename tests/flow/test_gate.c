/*
 * test_gate.c - rules that are not always in force: schedules, what is so at the place, what
 * becomes of those who waited, and that a restart anywhere changes nothing.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "base/instant.h"
#include "core/alarm/schedule.h"
#include "flow/flow_run.h"

extern const struct cw_plugin carewatch_plugin_detect_absence;
extern const struct cw_plugin carewatch_plugin_detect_absence_after;

/* 2026-11-23 in China, a Monday. */
#define DAY_MS INT64_C(1795363200000)

static struct schedule night = {.name = "night", .n_spans = 1};
static struct term unless[3];

struct bench {
    const char *rule; /* the one that is gated */
    struct flow_rules rules;
    struct flow flow, again; /* again: saved and loaded before every record */
    uint32_t n;
};

static void two_flows(struct bench *bench, bool builtin)
{
    assert_int_equal(zone_parse(&bench->rules.set.zone, CW_STR("CST-8"), NULL), 0);
    if (builtin)
        flow_builtin(&bench->rules);
    flow_init(&bench->flow, &bench->rules);
    flow_init(&bench->again, &bench->rules);
}

static void bench_open(struct bench *bench, const struct cw_plugin *plugin,
                       const char *settings, const char *when, const char *terms,
                       int64_t unless_for_ns)
{
    struct cw_str rest = str_of(terms), part;
    bench->n = 0;
    bench->rule = plugin ? "gated" : "device-silent";
    flow_rules_begin(&bench->rules);
    struct rule *rule = plugin ? flow_detector(&bench->rules, "gated", plugin, settings) : NULL;
    assert_int_equal(schedule_parse_span(CW_STR("22:00-06:00"), &night.span[0], NULL), 0);
    uint32_t n = 0;
    while (terms[0] && str_split(&rest, ' ', &part))
        assert_int_equal(term_parse(&unless[n++], part, NULL), 0);
    if (!rule) {
        flow_builtin(&bench->rules);
        rule = (struct rule *)(uintptr_t)ruleset_find(&bench->rules.set, str_of(bench->rule));
    }
    rule->when = when[0] ? &night : NULL;
    rule->unless = unless;
    rule->unless_for_ns = unless_for_ns;
    rule->n_unless = n;
    two_flows(bench, plugin != NULL);
}

static void bench_close(struct bench *bench)
{
    flow_done(&bench->flow);
    flow_done(&bench->again);
    flow_rules_done(&bench->rules);
}

static void restart(struct flow *flow)
{
    struct buf file, same;
    struct cw_error err;
    flow_save(flow, &file);
    assert_int_equal(flow_load(flow, &file, &err), 0);
    flow_save(flow, &same);
    assert_true(str_eq(buf_str(&file), buf_str(&same)));
    buf_done(&file);
    buf_done(&same);
}

/* "22:10 bed-1 telemetry {...}": the record of that minute. */
static void apply(struct bench *bench, struct cw_str line)
{
    struct cw_str clock, device, kind;
    char room[512] = "", topic[128];
    int hours, minutes;
    (void)str_split(&line, ' ', &clock);
    assert_true(str_copy(room, sizeof(room), clock));
    assert_int_equal(sscanf(room, "%d:%d", &hours, &minutes), 2);
    struct record record = {
        .kind = RECORD_TICK,
        .source = 1,
        .arrived_ns = (DAY_MS + (hours * 60 + minutes) * INT64_C(60000)) * NS_PER_MS,
    };
    memset(room, 0, sizeof(room));
    if (line.p) {
        (void)str_split(&line, ' ', &device);
        (void)str_split(&line, ' ', &kind);
        snprintf(topic, sizeof(topic), "care/v1/s1/%.*s/%.*s", (int)device.n, device.p,
                 (int)kind.n, kind.p);
        assert_true(str_copy(room, sizeof(room) - FLOW_PADDING, line));
        record.kind = RECORD_MESSAGE;
        record.topic = str_of(topic);
        record.payload = str_of(room);
    }
    restart(&bench->again);
    engine_apply(bench->flow.engine, &record, flow_position(bench->n));
    engine_apply(bench->again.engine, &record, flow_position(bench->n++));
}

/* What the rule told: "raised 22:20, ...". */
static const char *told(struct bench *bench)
{
    static char text[4096];
    struct cw_str rest = buf_str(&bench->flow.told), line;
    text[0] = '\0';
    assert_true(str_eq(buf_str(&bench->flow.told), buf_str(&bench->again.told)));
    while (str_split(&rest, '\n', &line)) {
        char at[64], change[32], rule[64], room[1024];
        int64_t ns;
        if (!str_copy(room, sizeof(room), line) ||
            sscanf(room,
                   "{\"at\":\"%63[^\"]\",\"change\":\"%31[^\"]\",\"state\":\"%*[^\"]\","
                   "\"rule\":\"%63[^\"]\"",
                   at, change, rule) != 3 ||
            strcmp(rule, bench->rule) != 0 || instant_parse(str_of(at), &ns))
            continue;
        int minute = (int)((ns / NS_PER_MS - DAY_MS) / 60000);
        size_t n = strlen(text);
        snprintf(text + n, sizeof(text) - n, "%s%s %02d:%02d", n ? ", " : "", change,
                 minute / 60, minute % 60);
    }
    return text;
}

#define ROSTER                                                                           \
    "08:00 gw roster {\"site\":{},\"devices\":["                                         \
    "{\"device\":\"bed-1\",\"kind\":\"bed_mat\",\"bed\":\"3-12\",\"resident\":\"r-88\"," \
    "\"class\":\"25h\"},"                                                                \
    "{\"device\":\"pir-1\",\"kind\":\"pir\",\"bed\":\"3-12\",\"class\":\"25h\"},"        \
    "{\"device\":\"bed-7\",\"bed\":\"7-1\",\"room\":\"7\",\"class\":\"25h\"},"           \
    "{\"device\":\"radar-7\",\"room\":\"7\",\"class\":\"25h\"}]}"
#define OUT " bed-1 telemetry {\"in_bed\":false}"
#define IN " bed-1 telemetry {\"in_bed\":true}"

/* A band that must be heard every half hour, a bed mat every three days. */
#define BAND                                                                             \
    "08:05 gw roster {\"site\":{},\"devices\":[{\"device\":\"bed-1\",\"class\":\"3d\"}," \
    "{\"device\":\"band-1\",\"resident\":\"r-88\",\"class\":\"30m\"}]}",                 \
        "08:10 band-1 telemetry {\"hr\":70,\"charging\":"

struct story {
    const char *detector, *when, *unless;
    const char *line[12];
    const char *told;
};

static const struct story stories[] = {
    /* the night: an exit within it, before it, and one that outlasts it */
    {"bed", "night", "", {"22:00" IN, "23:00" OUT, "23:30"}, "raised 23:20"},
    {"bed", "night", "", {"20:00" IN, "21:50" OUT, "24:00"}, ""},
    {"bed", "night", "", {"28:00" IN, "29:50" OUT, "45:00", "48:00"}, ""},
    {"bed",
     "night",
     "",
     {"22:00" IN, "23:00" OUT, "23:30", "31:00", "32:00" IN},
     "raised 23:20, cleared 32:00"},
    /* a carer is there: by bed and by resident, until the badge goes or is forgotten */
    {"bed",
     "",
     "staff.present",
     {"22:00" IN, "23:00" OUT,
      "23:10 badge-7 event {\"id\":\"1\",\"type\":\"staff.present\",\"role\":\"carer\","
      "\"count\":1,\"bed\":\"3-12\"}",
      "23:25 badge-7 event {\"id\":\"2\",\"type\":\"staff.present\",\"role\":\"carer\","
      "\"count\":0,\"resident\":\"r-88\"}",
      "23:44", "23:50"},
     "raised 23:45"},
    {"bed",
     "",
     "staff.present",
     {"22:00" IN, "23:00" OUT,
      "23:10 badge-7 event {\"id\":\"1\",\"type\":\"staff.present\",\"role\":\"carer\","
      "\"count\":1,\"bed\":\"3-12\"}",
      "24:10"},
     "raised 24:00"},
    /* a rule that does not believe it for so long */
    {"bed-10m",
     "",
     "staff.present",
     {"22:00" IN, "23:00" OUT,
      "23:15 badge-7 event {\"id\":\"1\",\"type\":\"staff.present\",\"role\":\"carer\","
      "\"count\":1,\"bed\":\"3-12\"}",
      "23:44", "24:10"},
     "raised 23:45"},
    /* a carer at another bed is none here */
    {"bed",
     "",
     "staff.present",
     {"22:00" IN, "23:00" OUT,
      "23:10 badge-7 event {\"id\":\"1\",\"type\":\"staff.present\",\"role\":\"carer\","
      "\"count\":1,\"bed\":\"3-13\"}",
      "24:10"},
     "raised 23:20"},
    /* a value that lasts */
    {"bed",
     "",
     "charging:true",
     {"22:00" IN, "22:59 bed-1 telemetry {\"charging\":true}", "23:00" OUT, "23:40",
      "23:50 bed-1 telemetry {\"charging\":false}", "24:40"},
     ""},
    /* away: the wait for motion is paused; back: it begins anew */
    {"motion",
     "",
     "resident.away",
     {"08:00 pir-1 telemetry {\"motion\":1}",
      "09:00 door event {\"id\":\"1\",\"type\":\"resident.away\",\"resident\":\"r-88\"}",
      "14:00",
      "15:00 door event {\"id\":\"2\",\"type\":\"resident.back\",\"resident\":\"r-88\"}",
      "19:59", "20:01"},
     "raised 20:00"},
    /* not back when expected: the wait goes on from then */
    {"motion",
     "",
     "resident.away",
     {"08:00 pir-1 telemetry {\"motion\":1}",
      "09:00 door event {\"id\":\"1\",\"type\":\"resident.away\",\"resident\":\"r-88\","
      "\"expected\":\"2026-11-23T18:00:00+08:00\"}",
      "22:59", "23:01"},
     "raised 23:00"},
    {"motion",
     "",
     "resident.away",
     {"08:00 pir-1 telemetry {\"motion\":1}", "12:59", "13:01"},
     "raised 13:00"},
    /* an alarm that was told stays, and is told once */
    {"motion",
     "",
     "resident.away",
     {"08:00 pir-1 telemetry {\"motion\":1}", "13:01",
      "13:10 door event {\"id\":\"1\",\"type\":\"resident.away\",\"resident\":\"r-88\"}",
      "13:20 door event {\"id\":\"2\",\"type\":\"resident.back\",\"resident\":\"r-88\"}",
      "13:30 pir-1 telemetry {\"motion\":1}"},
     "raised 13:00, cleared 13:30"},
    /* a threshold knows nothing of gates: what still is so is told when they open */
    {"cold",
     "night",
     "",
     {"20:00 pir-1 telemetry {\"room_temp\":10}", "21:59", "22:05"},
     "raised 22:00"},
    {"cold",
     "night",
     "",
     {"20:00 pir-1 telemetry {\"room_temp\":10}", "21:59 pir-1 telemetry {\"room_temp\":20}",
      "22:05"},
     ""},
    {"cold",
     "",
     "maintenance.begin",
     {"08:00 pir-1 event {\"id\":\"1\",\"type\":\"maintenance.begin\",\"device\":\"pir-1\","
      "\"until\":\"2026-11-23T10:00:00+08:00\"}",
      "08:10 pir-1 telemetry {\"room_temp\":10}", "09:59", "10:01"},
     "raised 10:00"},
    /* a carer at a bed of the room is in the room */
    {"room",
     "",
     "staff.present",
     {"08:00 bed-7 telemetry {\"in_bed\":true}", "08:00 radar-7 telemetry {\"present\":true}",
      "08:01 bed-7 telemetry {\"in_bed\":false}",
      "08:10 badge-7 event {\"id\":\"1\",\"type\":\"staff.present\",\"role\":\"carer\","
      "\"count\":1,\"bed\":\"7-1\"}",
      "08:30",
      "08:40 badge-7 event {\"id\":\"2\",\"type\":\"staff.present\",\"role\":\"carer\","
      "\"count\":0,\"bed\":\"7-1\"}",
      "09:05"},
     "raised 09:00"},
    {"room",
     "",
     "staff.present",
     {"08:00 bed-7 telemetry {\"in_bed\":true}", "08:00 radar-7 telemetry {\"present\":true}",
      "08:01 bed-7 telemetry {\"in_bed\":false}", "08:20", "08:22"},
     "raised 08:21"},
    /* silence is excused by the device's own last word, or while its resident is away */
    {"silence",
     "",
     "charging:true",
     {BAND "false}", "08:30" IN, "08:41" IN, "08:59"},
     "raised 08:42"},
    {"silence", "", "charging:true", {BAND "true}", "08:30" IN, "08:41" IN, "23:00"}, ""},
    {"silence",
     "",
     "resident.away",
     {BAND "false}",
      "08:15 door event {\"id\":\"1\",\"type\":\"resident.away\",\"resident\":\"r-88\"}",
      "12:00 door event {\"id\":\"2\",\"type\":\"resident.back\",\"resident\":\"r-88\"}",
      "12:15" IN, "12:31" IN, "12:40"},
     "raised 12:31"},
};

static void open_story(struct bench *bench, const struct story *story)
{
    static const struct {
        const char *name;
        const struct cw_plugin *plugin;
        const char *settings;
    } detectors[] = {
        {"bed", &carewatch_plugin_detect_absence_after,
         "trigger=in_bed:false expect=in_bed:true within=20m"},
        {"bed-10m", &carewatch_plugin_detect_absence_after,
         "trigger=in_bed:false expect=in_bed:true within=20m"},
        {"motion", &carewatch_plugin_detect_absence, "metric=motion of=active for=5h"},
        {"cold", &carewatch_plugin_detect_threshold, "metric=room_temp below=16"},
        {"room", &carewatch_plugin_detect_absence_after,
         "trigger=in_bed:false expect=present:changed within=20m scope=room"},
        {"silence", NULL, ""},
    };
    for (size_t i = 0; i < sizeof(detectors) / sizeof(detectors[0]); i++) {
        if (strcmp(detectors[i].name, story->detector) == 0)
            bench_open(bench, detectors[i].plugin, detectors[i].settings, story->when,
                       story->unless, strstr(story->detector, "10m") ? 600 * NS_PER_S : 0);
    }
}

static void a_rule_is_told_only_while_it_is_in_force(void **state)
{
    (void)state;
    for (size_t i = 0; i < sizeof(stories) / sizeof(stories[0]); i++) {
        static struct bench bench;
        open_story(&bench, &stories[i]);
        apply(&bench, CW_STR(ROSTER));
        for (size_t k = 0; stories[i].line[k]; k++)
            apply(&bench, str_of(stories[i].line[k]));
        const char *said = told(&bench);
        if (strcmp(said, stories[i].told) != 0)
            fail_msg("story %zu: \"%s\", wanted \"%s\"", i, said, stories[i].told);
        bench_close(&bench);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_rule_is_told_only_while_it_is_in_force),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
