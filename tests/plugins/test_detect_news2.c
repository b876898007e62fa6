/*
 * test_detect_news2.c - every band of the chart, and what the rules on it say: ages, partial
 * scores, rises, measurements that are overdue.
 */
#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <unistd.h>

#include <cmocka.h>

#include "../../plugins/detect_news2/news2.h"
#include "base/num.h"
#include "plugins/detecting.h"

#define VECTORS CORPORA_DIR "/../data/anomaly/news2_vectors.csv"
#define N_COLUMNS 17

extern const struct cw_plugin carewatch_plugin_detect_news2;

/* ---- the chart ---- */

static double number(struct cw_str text)
{
    double value = (double)NAN;
    assert_int_equal(num_parse_f64(text, &value), 0);
    return value;
}

/* rr,spo2,spo2_scale,on_o2,sbp,pulse,acvpu,temp_c, seven points, total, risk */
static void check_vector(struct cw_str line)
{
    static const char *const risk[] = {"low", "low_medium", "medium", "high"};
    struct cw_str column[N_COLUMNS], rest = line;
    for (int i = 0; i < N_COLUMNS; i++)
        assert_true(str_split(&rest, ',', &column[i]));
    struct news2_set set = {.scale = (int)number(column[2])};
    const struct {
        enum news2_vital vital;
        int value, points;
    } rows[] = {
        {NEWS2_RESP, 0, 8},         {NEWS2_SPO2, 1, 9},   {NEWS2_OXYGEN, 3, 10},
        {NEWS2_SYSTOLIC, 4, 11},    {NEWS2_PULSE, 5, 12}, {NEWS2_CONSCIOUSNESS, 6, 13},
        {NEWS2_TEMPERATURE, 7, 14},
    };
    for (size_t i = 0; i < NEWS2_N_VITALS; i++) {
        struct cw_str text = column[rows[i].value];
        set.value[rows[i].vital] =
            rows[i].vital == NEWS2_CONSCIOUSNESS ? text.p[0] : number(text);
        set.known[rows[i].vital] = true;
    }
    struct news2_score score = news2_score_of(&set);
    for (size_t i = 0; i < NEWS2_N_VITALS; i++) {
        if (score.points[rows[i].vital] != number(column[rows[i].points]))
            fail_msg("%.*s: %u points in column %d", (int)line.n, line.p,
                     score.points[rows[i].vital], rows[i].value);
    }
    assert_int_equal(score.total, (int)number(column[15]));
    assert_int_equal(score.missing, 0);
    if (!str_is(column[16], risk[news2_risk_of(&score)]))
        fail_msg("%.*s: %s", (int)line.n, line.p, risk[news2_risk_of(&score)]);
}

static void every_vector_has_its_score(void **state)
{
    (void)state;
    char line[256];
    FILE *file = fopen(VECTORS, "r");
    if (!file) {
        print_message("skipped: %s is absent\n", VECTORS);
        skip();
    }
    int n = 0;
    while (fgets(line, sizeof(line), file)) {
        line[strcspn(line, "\r\n")] = '\0';
        if (n++ > 0)
            check_vector(str_of(line));
    }
    fclose(file);
    assert_true(n > 70);
}

static const struct {
    enum news2_vital vital;
    int scale;
    double oxygen, value;
    uint8_t points;
} bounds[] = {
    {NEWS2_RESP, 1, 0, 8, 3},
    {NEWS2_RESP, 1, 0, 9, 1},
    {NEWS2_RESP, 1, 0, 11, 1},
    {NEWS2_RESP, 1, 0, 12, 0},
    {NEWS2_RESP, 1, 0, 20, 0},
    {NEWS2_RESP, 1, 0, 21, 2},
    {NEWS2_RESP, 1, 0, 24, 2},
    {NEWS2_RESP, 1, 0, 25, 3},
    {NEWS2_SPO2, 1, 0, 91, 3},
    {NEWS2_SPO2, 1, 0, 92, 2},
    {NEWS2_SPO2, 1, 0, 94, 1},
    {NEWS2_SPO2, 1, 1, 96, 0},
    {NEWS2_SPO2, 2, 0, 83, 3},
    {NEWS2_SPO2, 2, 0, 84, 2},
    {NEWS2_SPO2, 2, 0, 86, 1},
    {NEWS2_SPO2, 2, 0, 88, 0},
    {NEWS2_SPO2, 2, 0, 97, 0},
    {NEWS2_SPO2, 2, 1, 92, 0},
    {NEWS2_SPO2, 2, 1, 93, 1},
    {NEWS2_SPO2, 2, 1, 95, 2},
    {NEWS2_SPO2, 2, 1, 97, 3},
    {NEWS2_OXYGEN, 1, 1, 1, 2},
    {NEWS2_SYSTOLIC, 1, 0, 90, 3},
    {NEWS2_SYSTOLIC, 1, 0, 91, 2},
    {NEWS2_SYSTOLIC, 1, 0, 101, 1},
    {NEWS2_SYSTOLIC, 1, 0, 111, 0},
    {NEWS2_SYSTOLIC, 1, 0, 219, 0},
    {NEWS2_SYSTOLIC, 1, 0, 220, 3},
    {NEWS2_PULSE, 1, 0, 40, 3},
    {NEWS2_PULSE, 1, 0, 41, 1},
    {NEWS2_PULSE, 1, 0, 51, 0},
    {NEWS2_PULSE, 1, 0, 91, 1},
    {NEWS2_PULSE, 1, 0, 111, 2},
    {NEWS2_PULSE, 1, 0, 131, 3},
    {NEWS2_CONSCIOUSNESS, 1, 0, 'C', 3},
    {NEWS2_CONSCIOUSNESS, 1, 0, 'A', 0},
    {NEWS2_TEMPERATURE, 1, 0, 35, 3},
    {NEWS2_TEMPERATURE, 1, 0, 35.1, 1},
    {NEWS2_TEMPERATURE, 1, 0, 36.1, 0},
    {NEWS2_TEMPERATURE, 1, 0, 38, 0},
    {NEWS2_TEMPERATURE, 1, 0, 38.1, 1},
    {NEWS2_TEMPERATURE, 1, 0, 39.1, 2},
    {NEWS2_TEMPERATURE, 1, 0, 36.04, 1},
    {NEWS2_RESP, 1, 0, 8.6, 1},
};

static void bounds_lie_where_the_chart_has_them(void **state)
{
    (void)state;
    for (size_t i = 0; i < sizeof(bounds) / sizeof(bounds[0]); i++) {
        struct news2_set set = {.scale = bounds[i].scale};
        set.value[NEWS2_OXYGEN] = bounds[i].oxygen;
        set.known[NEWS2_OXYGEN] = set.known[bounds[i].vital] = true;
        set.value[bounds[i].vital] = bounds[i].value;
        uint8_t points = news2_points(&set, bounds[i].vital);
        if (points != bounds[i].points)
            fail_msg("row %zu: %u points, wanted %u", i, points, bounds[i].points);
    }
}

static void what_is_not_known_is_missing_and_not_zero(void **state)
{
    (void)state;
    struct news2_set set = {.scale = 1};
    set.known[NEWS2_RESP] = true;
    set.value[NEWS2_RESP] = 25;
    struct news2_score score = news2_score_of(&set);
    assert_int_equal(score.total, 3);
    assert_int_equal(score.missing, 17);
    assert_true(score.red);
    assert_int_equal(news2_risk_of(&score), NEWS2_LOW_MEDIUM);
}

/* ---- the detector ---- */

struct sample {
    double at_s;
    uint32_t slot; /* enum news2_vital */
    double value;
};

#define H 3600
#define END      \
    {            \
        -1, 0, 0 \
    }

static const struct {
    const char *settings;
    struct sample sample[10];
    double until_s;
    const char *said;
} cases[] = {
    /* 3 + 2 */
    {"from=5", {{0, NEWS2_RESP, 25}, {60, NEWS2_OXYGEN, 1}, END}, 999, "@60 alarm 5/5"},
    {"from=7", {{0, NEWS2_RESP, 25}, {60, NEWS2_OXYGEN, 1}, END}, 999, ""},
    {"from=7 red=true", {{0, NEWS2_RESP, 25}, END}, 999, "@0 alarm 3/7"},
    {"from=5",
     {{0, NEWS2_RESP, 25}, {60, NEWS2_OXYGEN, 1}, {120, NEWS2_RESP, 16}, END},
     999,
     "@60 alarm 5/5 @120 normal"},
    /* too old to raise */
    {"from=5", {{0, NEWS2_RESP, 25}, {2 * H, NEWS2_OXYGEN, 1}, END}, 99999, ""},
    {"from=5 resp_age=3h",
     {{0, NEWS2_RESP, 25}, {2 * H, NEWS2_OXYGEN, 1}, END},
     99999,
     "@7200 alarm 5/5"},
    /* but age clears nothing: only a better value does */
    {"from=5",
     {{0, NEWS2_RESP, 25},
      {60, NEWS2_OXYGEN, 1},
      {9 * H, NEWS2_PULSE, 70},
      {10 * H, NEWS2_RESP, 16},
      END},
     99999,
     "@60 alarm 5/5 @36000 normal"},
    {"of=rise for=2m",
     {{0, NEWS2_PULSE, 70}, {300, NEWS2_PULSE, 120}, {330, NEWS2_PULSE, 70}, END},
     999,
     ""},
    {"of=rise for=2m",
     {{0, NEWS2_PULSE, 70}, {300, NEWS2_PULSE, 120}, END},
     999,
     "@420 alarm 2/2"},
    /* a finger clip in the air is no value */
    {"from=3", {{0, NEWS2_SPO2, 0}, END}, 999, ""},
    {"from=3", {{0, NEWS2_SPO2, 85}, {5, NEWS2_SPO2, 0}, END}, 999, "@0 alarm 3/3"},
    /* scale 2 only when asked for */
    {"from=3", {{0, NEWS2_SPO2, 90}, END}, 999, "@0 alarm 3/3"},
    {"from=3 scale=2", {{0, NEWS2_SPO2, 90}, END}, 999, ""},
    /* one value that was mistyped; one that stays */
    {"from=3 for=5m",
     {{0, NEWS2_PULSE, 176}, {200, NEWS2_PULSE, 76}, {400, NEWS2_PULSE, 176}, END},
     999,
     "@700 alarm 3/3"},
    /* wandering about the limit is one alarm */
    {"from=3 clear_for=1h",
     {{0, NEWS2_PULSE, 140},
      {600, NEWS2_PULSE, 100},
      {1200, NEWS2_PULSE, 140},
      {1800, NEWS2_PULSE, 100},
      END},
     9999,
     "@0 alarm 3/3 @5400 normal"},
    /* a rise within 24 hours; a vital seen for the first time is none */
    {"of=rise", {{0, NEWS2_RESP, 16}, {60, NEWS2_OXYGEN, 1}, END}, 999, ""},
    {"of=rise",
     {{0, NEWS2_PULSE, 70}, {5 * H, NEWS2_PULSE, 100}, {20 * H, NEWS2_PULSE, 120}, END},
     99999,
     "@72000 alarm 2/2"},
    {"of=rise",
     {{0, NEWS2_PULSE, 70}, {5 * H, NEWS2_PULSE, 100}, {26 * H, NEWS2_PULSE, 120}, END},
     99999,
     ""},
    /* the worse the score, the sooner the next measurement */
    {"of=overdue", {{0, NEWS2_PULSE, 70}, END}, 13 * H, "@43200 alarm 43200/43200"},
    {"of=overdue", {{0, NEWS2_PULSE, 100}, END}, 13 * H, "@21600 alarm 21600/21600"},
    {"of=overdue", {{0, NEWS2_PULSE, 140}, END}, 13 * H, "@3600 alarm 3600/3600"},
    {"of=overdue",
     {{0, NEWS2_PULSE, 140}, {3700, NEWS2_PULSE, 70}, END},
     13 * H,
     "@3600 alarm 3600/3600 @3700 normal"},
    {"of=overdue",
     {{0, NEWS2_PULSE, 70}, {0, NEWS2_RESP, 15}, {6 * H, NEWS2_PULSE, 70}, END},
     13 * H,
     "@43200 alarm 43200/43200"},
};

static void rules_on_the_score_say_what_they_should(void **state)
{
    (void)state;
    for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
        struct detecting d;
        assert_int_equal(detecting_open(&d, &carewatch_plugin_detect_news2, cases[i].settings),
                         0);
        for (const struct sample *s = cases[i].sample; s->at_s >= 0; s++)
            detecting_sample(&d, s->slot, s->at_s, 0, s->value);
        detecting_until(&d, cases[i].until_s);
        if (strcmp(d.said, cases[i].said) != 0)
            fail_msg("row %zu (%s): \"%s\", wanted \"%s\"", i, cases[i].settings, d.said,
                     cases[i].said);
        detecting_close(&d);
    }
}

static void a_partial_score_is_marked_by_its_band(void **state)
{
    (void)state;
    struct detecting d;
    struct cw_verdict verdict = {0};
    int32_t spoke = 0;
    const struct cw_sample sample = {
        .value = 25, .sample_ns = DETECT_EPOCH_NS, .arrived_ns = DETECT_EPOCH_NS};
    assert_int_equal(detecting_open(&d, &carewatch_plugin_detect_news2, "from=3"), 0);
    (void)d.plugin->ops.detector->step(d.self, d.state, NEWS2_RESP, &sample, &verdict, &spoke);
    assert_int_equal(spoke, 1);
    assert_true(verdict.value == 3 && verdict.low == 3 && verdict.high == 20);
    detecting_close(&d);
}

/* Another scale, another score from which it is an alarm: as the newest sample says. */
static void a_resident_may_have_limits_of_ones_own(void **state)
{
    (void)state;
    static const struct {
        double score;
        int32_t scale;
        double spo2;
        const char *said;
    } rows[] = {
        {0, 0, 91, "@0 alarm 3/3"}, /* scale 1 */
        {0, 2, 91, ""},             /* 88-92 is what is wanted */
        {0, 2, 83, "@0 alarm 3/3"},
        {4, 0, 91, ""},
    };
    for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
        struct detecting d;
        const struct cw_own own = {.low = (double)__builtin_nan(""),
                                   .high = (double)__builtin_nan(""),
                                   .score = rows[i].score > 0 ? rows[i].score
                                                              : (double)__builtin_nan(""),
                                   .spo2_scale = rows[i].scale};
        assert_int_equal(detecting_open(&d, &carewatch_plugin_detect_news2, "from=3"), 0);
        d.own = &own;
        detecting_sample(&d, NEWS2_SPO2, 0, 0, rows[i].spo2);
        if (strcmp(d.said, rows[i].said) != 0)
            fail_msg("row %zu: \"%s\"", i, d.said);
        detecting_close(&d);
    }
}

static void its_inputs_are_the_seven_vital_signs_of_a_resident(void **state)
{
    (void)state;
    static const char *const names[] = {"resp", "spo2",          "on_o2", "sys",
                                        "hr",   "consciousness", "temp"};
    struct detecting d;
    struct cw_input input[CW_MAX_INPUTS];
    const struct cw_detector *detector = carewatch_plugin_detect_news2.ops.detector;
    assert_int_equal(detecting_open(&d, &carewatch_plugin_detect_news2, "from=5"), 0);
    assert_int_equal(detector->inputs(d.self, input, CW_MAX_INPUTS), 7);
    for (int i = 0; i < 7; i++)
        assert_string_equal(input[i].name, names[i]);
    assert_int_equal(detector->scope_of(d.self), CW_SCOPE_RESIDENT);
    detecting_close(&d);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(every_vector_has_its_score),
        cmocka_unit_test(bounds_lie_where_the_chart_has_them),
        cmocka_unit_test(what_is_not_known_is_missing_and_not_zero),
        cmocka_unit_test(rules_on_the_score_say_what_they_should),
        cmocka_unit_test(a_partial_score_is_marked_by_its_band),
        cmocka_unit_test(a_resident_may_have_limits_of_ones_own),
        cmocka_unit_test(its_inputs_are_the_seven_vital_signs_of_a_resident),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
