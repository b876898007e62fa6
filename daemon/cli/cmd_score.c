/*
 * cmd_score.c - `carewatch score --detector NAME [--set k=v]... < series.csv`: what a detector
 * thinks of each line, knowing no more than the lines before it.
 *
 *   timestamp,value        ->  timestamp,value,anomaly_score        one line for one line
 *   timestamp,a,b,c        ->  timestamp,a,b,c,anomaly_score
 *
 * A score is that of the verdict, within 0..1; 0 where the detector said nothing. Deadlines
 * between two lines run on the clock of the lines and count for the later one.
 *
 * Several columns: a detector of one metric judges each column for itself, and the line has
 * the greatest of their scores. Where the detector gates episodes (option "gate") the columns
 * are one episode: their rarities become one by a power mean, in which the rarest count
 * most, and that is gated. A detector of several inputs gets each column whose head is the
 * name of one.
 */
#include <errno.h>
#include <getopt.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/episode.h"
#include "base/instant.h"
#include "base/mem.h"
#include "base/num.h"
#include "base/option.h"
#include "base/str.h"
#include "base/units.h"
#include "cli/cli.h"
#include "io/plugin_load.h"

#define MAX_COLUMNS 64u
#define MAX_SETTINGS 64u
#define MAX_LINE_BYTES (64u << 10)
#define NO_SLOT UINT32_MAX

struct column {
    void *state;
    uint32_t slot; /* NO_SLOT: no input of the detector */
    int64_t deadline_ns;
};

struct scoring {
    const struct cw_plugin *plugin;
    void *self;
    bool each;  /* a state for each column, else one for all in column[0] */
    bool fused; /* the columns are gated as one */
    struct fusing {
        struct episode episode;
        struct episode_rule rule;
        int64_t learn, n_scored;
    } fusing;
    struct column column[MAX_COLUMNS];
    uint32_t n_columns;
    uint64_t n_lines, n_missing;
};

/* "2014-04-01 00:05:00" is UTC; a bare number is seconds, or finer by its size. */
static int parse_time(struct cw_str text, int64_t *ns)
{
    char full[48];
    double number;
    if (num_parse_f64(text, &number) == 0) {
        double unit = 1e9;
        for (double bound = 1e11; unit > 1 && number >= bound; bound *= 1e3)
            unit /= 1e3;
        if (number < 0 || number * unit >= 9.2e18)
            return -EINVAL;
        *ns = (int64_t)(number * unit);
        return 0;
    }
    if (instant_parse(text, ns) == 0)
        return 0;
    int n = snprintf(full, sizeof(full), "%.*s%sZ", (int)(text.n < 32 ? text.n : 32), text.p,
                     text.n == 16 ? ":00" : "");
    return instant_parse((struct cw_str){full, (size_t)n}, ns);
}

static bool is_number(struct cw_str text, double *value)
{
    return num_parse_f64(text, value) == 0;
}

static void take_verdict(const struct cw_verdict *verdict, int32_t spoke, double *score)
{
    if (!spoke || !(verdict->score > *score))
        return;
    *score = verdict->score > 1 ? 1 : verdict->score;
}

static void run_deadlines(const struct scoring *scoring, struct column *column, int64_t now_ns,
                          double *score)
{
    const struct cw_detector *detector = scoring->plugin->ops.detector;
    while (detector->due && column->deadline_ns <= now_ns) {
        struct cw_verdict verdict;
        int32_t spoke = 0;
        int64_t at_ns = column->deadline_ns;
        column->deadline_ns =
            detector->due(scoring->self, column->state, at_ns, &verdict, &spoke);
        if (column->deadline_ns <= at_ns)
            column->deadline_ns = CW_NEVER;
        take_verdict(&verdict, spoke, score);
    }
}

static void step(struct scoring *scoring, uint32_t i, const struct cw_sample *sample,
                 double *score)
{
    struct column *clocked = &scoring->column[scoring->each ? i : 0];
    struct cw_verdict verdict;
    int32_t spoke = 0;
    run_deadlines(scoring, clocked, sample->arrived_ns, score);
    clocked->deadline_ns = scoring->plugin->ops.detector->step(
        scoring->self, clocked->state, scoring->column[i].slot, sample, &verdict, &spoke);
    take_verdict(&verdict, spoke, score);
}

/* ---- lines ---- */

static uint32_t input_named(const struct scoring *scoring, struct cw_str name)
{
    struct cw_input input[CW_MAX_INPUTS];
    uint32_t n = scoring->plugin->ops.detector->inputs(scoring->self, input, CW_MAX_INPUTS);
    for (uint32_t i = 0; i < n && i < CW_MAX_INPUTS; i++) {
        if (str_is(name, input[i].name))
            return i;
    }
    return NO_SLOT;
}

static void *new_state(const struct scoring *scoring)
{
    const struct cw_detector *detector = scoring->plugin->ops.detector;
    void *state = xcalloc(1, detector->state_size(scoring->self) + 1);
    detector->reset(scoring->self, state);
    return state;
}

static double option_number(const struct scoring *scoring, const char *name)
{
    int i = option_find(scoring->plugin->option, name);
    if (i < 0)
        return 0;
    const struct cw_option *option = &scoring->plugin->option[i];
    const char *field = (const char *)scoring->self + option->offset;
    return option->type == CW_OPT_REAL ? *(const double *)(const void *)field
                                       : (double)*(const int64_t *)(const void *)field;
}

/* Takes the gate from the columns and puts it behind all of them. */
static void open_fusing(struct scoring *scoring)
{
    int gate = option_find(scoring->plugin->option, "gate");
    if (gate < 0 || scoring->n_columns < 2)
        return;
    scoring->fused = true;
    scoring->fusing.rule = (struct episode_rule){
        .from = option_number(scoring, "rarity"),
        .worse = option_number(scoring, "worse"),
        .quiet = (uint32_t)option_number(scoring, "quiet"),
    };
    scoring->fusing.learn = (int64_t)option_number(scoring, "learn");
    (void)option_set(&scoring->plugin->option[gate], scoring->self, CW_STR("false"), NULL);
}

/* The columns of the first line; `named`: it is a head, else they are inputs in order. */
static bool open_columns(struct scoring *scoring, struct cw_str line, bool named)
{
    struct cw_str cell;
    (void)str_split(&line, ',', &cell);
    while (str_split(&line, ',', &cell)) {
        uint32_t i = scoring->n_columns;
        if (i == MAX_COLUMNS)
            return false;
        struct column *column = &scoring->column[i];
        column->slot = scoring->each ? 0 : named ? input_named(scoring, cell) : i;
        if (scoring->each || i == 0)
            column->state = new_state(scoring);
        column->deadline_ns = CW_NEVER;
        scoring->n_columns++;
    }
    if (scoring->each)
        open_fusing(scoring);
    return scoring->n_columns > 0;
}

/* Of rarities r: (mean of r^4)^(1/4). */
static double fuse(struct scoring *scoring, const double *rarity)
{
    struct fusing *fusing = &scoring->fusing;
    double sum = 0;
    for (uint32_t i = 0; i < scoring->n_columns; i++)
        sum += rarity[i] * rarity[i] * rarity[i] * rarity[i];
    double mean = sqrt(sqrt(sum / scoring->n_columns));
    return episode_score(&fusing->episode, &fusing->rule, mean,
                         ++fusing->n_scored <= fusing->learn);
}

/* False when the line's time cannot be read. */
static bool score_line(struct scoring *scoring, struct cw_str line, double *score)
{
    double rarity[MAX_COLUMNS] = {0};
    struct cw_str cell;
    struct cw_sample sample = {0};
    if (!str_split(&line, ',', &cell) || parse_time(cell, &sample.sample_ns) != 0)
        return false;
    sample.arrived_ns = sample.sample_ns;
    for (uint32_t i = 0; i < scoring->n_columns && str_split(&line, ',', &cell); i++) {
        if (scoring->column[i].slot == NO_SLOT)
            continue;
        if (is_number(cell, &sample.value))
            step(scoring, i, &sample, scoring->fused ? &rarity[i] : score);
        else
            scoring->n_missing++;
        rarity[i] *= EPISODE_SCALE;
    }
    if (scoring->fused)
        *score = fuse(scoring, rarity);
    return true;
}

static bool print_line(struct cw_str line, double score)
{
    char text[NUM_MAX];
    size_t n = num_format_f64(score, text);
    printf("%.*s,%.*s\n", (int)line.n, line.p, (int)n, text);
    return !ferror(stdout);
}

static int refuse(const struct scoring *scoring, const char *what)
{
    fprintf(stderr, "carewatch score: line %llu %s\n", (unsigned long long)scoring->n_lines,
            what);
    return EXIT_NEGATIVE;
}

static int score_one(struct scoring *scoring, struct cw_str line)
{
    double score = 0;
    struct cw_str rest = line, cell;
    int64_t ns;
    scoring->n_lines++;
    if (line.n > MAX_LINE_BYTES)
        return refuse(scoring, "is longer than 64 KiB");
    if (scoring->n_columns == 0) {
        bool named = !str_split(&rest, ',', &cell) || parse_time(cell, &ns) != 0;
        if (!open_columns(scoring, line, named))
            return refuse(scoring, "has no columns behind the time, or more than 64");
        if (named) {
            printf("%.*s,anomaly_score\n", (int)line.n, line.p);
            return EXIT_OK;
        }
    }
    if (!score_line(scoring, line, &score))
        return refuse(scoring, "does not begin with a time");
    return print_line(line, score) ? EXIT_OK : EXIT_NEGATIVE;
}

static int score_all(struct scoring *scoring, FILE *in)
{
    char *text = NULL;
    size_t cap = 0;
    ssize_t n;
    int rc = EXIT_OK;
    while (rc == EXIT_OK && (n = getline(&text, &cap, in)) > 0) {
        while (n > 0 && (text[n - 1] == '\n' || text[n - 1] == '\r'))
            n--;
        if (n > 0)
            rc = score_one(scoring, (struct cw_str){text, (size_t)n});
    }
    free(text);
    if (scoring->n_missing)
        fprintf(stderr, "carewatch score: %llu values were no numbers and passed over\n",
                (unsigned long long)scoring->n_missing);
    return fflush(stdout) == 0 ? rc : EXIT_NEGATIVE;
}

/* ---- the detector ---- */

static bool set_option(const struct scoring *scoring, const char *setting)
{
    struct cw_error err = {""};
    struct cw_str value = str_of(setting), name;
    char text[64];
    if (!str_split(&value, '=', &name) || !str_copy(text, sizeof(text), name)) {
        fprintf(stderr, "carewatch score: --set takes NAME=VALUE, not \"%s\"\n", setting);
        return false;
    }
    int i = option_find(scoring->plugin->option, text);
    if (i < 0) {
        const char *near = option_nearest(scoring->plugin->option, text);
        fprintf(stderr, "carewatch score: %s has no option \"%s\"%s%s\n", scoring->plugin->name,
                text, near ? "; did you mean " : "", near ? near : "");
        return false;
    }
    if (option_set(&scoring->plugin->option[i], scoring->self, value, &err) == 0)
        return true;
    fprintf(stderr, "carewatch score: %s: %s\n", text, err.text);
    return false;
}

static bool open_detector(struct scoring *scoring, const char *name, const char *const *setting,
                          size_t n_settings)
{
    struct cw_error err = {""};
    scoring->plugin = plugin_find(CW_DETECTOR, name);
    if (!scoring->plugin) {
        fprintf(stderr, "carewatch score: no detector \"%s\"\n", name);
        return false;
    }
    scoring->self = xcalloc(1, scoring->plugin->self_size);
    option_presets(scoring->plugin->option, scoring->self);
    scoring->each = option_find(scoring->plugin->option, "metric") >= 0;
    if (scoring->each && !set_option(scoring, "metric=value"))
        return false;
    for (size_t i = 0; i < n_settings; i++) {
        if (!set_option(scoring, setting[i]))
            return false;
    }
    if (scoring->plugin->open && scoring->plugin->open(scoring->self, &err) != 0) {
        fprintf(stderr, "carewatch score: %s\n", err.text);
        return false;
    }
    return true;
}

static void close_detector(struct scoring *scoring)
{
    for (uint32_t i = 0; i < scoring->n_columns; i++)
        free(scoring->column[i].state);
    if (!scoring->self)
        return;
    if (scoring->plugin->close)
        scoring->plugin->close(scoring->self);
    option_free(scoring->plugin->option, scoring->self);
    free(scoring->self);
}

static void usage(FILE *out)
{
    fprintf(out,
            "usage: carewatch score --detector NAME [--set OPTION=VALUE]... < series.csv\n\n"
            "Reads timestamp,value[,value]... and prints each line with an anomaly_score of\n"
            "0..1 behind it, from the lines before alone. Detectors:\n");
    for (size_t i = 0; plugin_at(i); i++) {
        if (plugin_at(i)->kind == CW_DETECTOR)
            fprintf(out, "  %-14s %s\n", plugin_at(i)->name, plugin_at(i)->help);
    }
}

int cmd_score(int argc, char **argv)
{
    static const struct option options[] = {{"detector", required_argument, NULL, 'd'},
                                            {"set", required_argument, NULL, 's'},
                                            {"help", no_argument, NULL, 'h'},
                                            {0}};
    const char *name = NULL, *setting[MAX_SETTINGS];
    size_t n_settings = 0;
    int c;
    while ((c = getopt_long(argc, argv, "d:s:h", options, NULL)) != -1) {
        if (c == 'h') {
            usage(stdout);
            return EXIT_OK;
        }
        if (c == 'd') {
            name = optarg;
        } else if (c == 's' && n_settings < MAX_SETTINGS) {
            setting[n_settings++] = optarg;
        } else {
            usage(stderr);
            return EXIT_USAGE;
        }
    }
    if (!name || optind < argc) {
        usage(stderr);
        return EXIT_USAGE;
    }
    struct scoring *scoring = xcalloc(1, sizeof(*scoring));
    int rc = open_detector(scoring, name, setting, n_settings) ? score_all(scoring, stdin)
                                                               : EXIT_USAGE;
    close_detector(scoring);
    free(scoring);
    return rc;
}
