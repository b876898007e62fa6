/*
 * cmd_desk.c - what a desk keeps in order, from a terminal: `maintenance`, `roster`, `limit`.
 * Each has a few actions; an action is a row of the table: the route, what of the command line
 * goes into the path, the query and the body, and the columns of what is answered.
 */
#include <stdlib.h>
#include <string.h>

#include "base/json_out.h"
#include "base/num.h"
#include "base/request.h"
#include "base/str.h"
#include "cli/cmd_remote.h"

#define MAX_BODY 16384u
#define MAX_WORDS 2

/* ---- words of the command line ---- */

enum word {
    W_SITE,
    W_DEVICE,
    W_PERSON,
    W_FROM,
    W_UNTIL,
    W_FOR,
    W_NOTE,
    W_METRIC,
    W_LOW,
    W_HIGH,
    W_SCALE,
    W_PHONE,
    W_EMAIL,
    W_NAME,
    N_OPTIONS,
    W_ID,   /* only as an argument: in the path */
    W_NONE, /* no further argument */
};

static const struct {
    const char *option, *member;
    bool is_number;
} words[N_OPTIONS] = {
    [W_SITE] = {"site", "site", false},
    [W_DEVICE] = {"device", "device", false},
    [W_PERSON] = {"person", "person", false},
    [W_FROM] = {"from", "from", false},
    [W_UNTIL] = {"until", "until", false},
    [W_FOR] = {"for", "for", false},
    [W_NOTE] = {"note", "note", false},
    [W_METRIC] = {"metric", "metric", false},
    [W_LOW] = {"low", "low", true},
    [W_HIGH] = {"high", "high", true},
    [W_SCALE] = {"spo2-scale", "spo2_scale", true},
    [W_PHONE] = {"phone", "phone", false},
    [W_EMAIL] = {"email", "email", false},
    [W_NAME] = {"name", "name", false},
};

#define BIT(word) (1u << (word))
#define ENDS (BIT(W_FOR) | BIT(W_UNTIL) | BIT(W_NOTE))

struct column {
    const char *key;
    int width;
};

struct action {
    const char *command, *name, *method, *path; /* {id} in the path is W_ID */
    enum word argument[MAX_WORDS];
    uint32_t query, body; /* BIT()s of options */
    const struct column *column;
    const char *usage;
};

static const struct column windows[] = {{"id", 36},    {"site", 20}, {"device", 16},
                                        {"until", 24}, {"by", 0},    {NULL, 0}};
static const struct column rosters[] = {
    {"roster", 20}, {"on_duty", 16}, {"answers", 16}, {"unreachable", 0}, {NULL, 0}};
static const struct column limits[] = {{"metric", 10}, {"low", 8},  {"high", 8}, {"until", 24},
                                       {"by", 12},     {"note", 0}, {NULL, 0}};

#define V1 "/api/v1"

static const struct action actions[] = {
    {"maintenance",
     "list",
     "GET",
     V1 "/maintenance",
     {W_NONE, W_NONE},
     BIT(W_SITE),
     0,
     windows,
     "[--site ID]"},
    {"maintenance",
     "begin",
     "POST",
     V1 "/maintenance",
     {W_SITE, W_NONE},
     0,
     BIT(W_DEVICE) | ENDS,
     windows,
     "SITE [--device ID] --for 2h|--until TIME [--note WHY]"},
    {"maintenance", "end", "DELETE", V1 "/maintenance/{id}", {W_ID, W_NONE}, 0, 0, NULL, "ID"},
    {"roster", "list", "GET", V1 "/rosters", {W_NONE, W_NONE}, 0, 0, rosters, ""},
    {"roster",
     "override",
     "POST",
     V1 "/rosters/{id}/override",
     {W_ID, W_PERSON},
     0,
     BIT(W_FROM) | ENDS,
     rosters,
     "ROSTER PERSON --for 8h|--until TIME [--from TIME] [--note WHY]"},
    {"roster",
     "restore",
     "POST",
     V1 "/rosters/{id}/override",
     {W_ID, W_NONE},
     0,
     BIT(W_FROM) | ENDS,
     rosters,
     "ROSTER --for 8h|--until TIME [--from TIME]   (takes overrides back)"},
    {"roster",
     "contact",
     "PUT",
     V1 "/duty/{id}/contact",
     {W_ID, W_NONE},
     0,
     BIT(W_PHONE) | BIT(W_EMAIL) | BIT(W_NAME),
     NULL,
     "PERSON --phone NUMBER|--email ADDRESS [--name NAME]"},
    {"roster",
     "forget",
     "DELETE",
     V1 "/duty/{id}/contact",
     {W_ID, W_NONE},
     0,
     0,
     NULL,
     "PERSON"},
    {"limit",
     "list",
     "GET",
     V1 "/residents/{id}/limits",
     {W_ID, W_NONE},
     BIT(W_SITE),
     0,
     limits,
     "RESIDENT --site ID"},
    {"limit",
     "set",
     "POST",
     V1 "/residents/{id}/limits",
     {W_ID, W_NONE},
     BIT(W_SITE),
     BIT(W_METRIC) | BIT(W_LOW) | BIT(W_HIGH) | BIT(W_SCALE) | ENDS,
     NULL,
     "RESIDENT --site ID --metric hr [--low N] [--high N] [--spo2-scale 2] --note WHY\n"
     "                       [--for 30d | --until TIME]"},
    {"limit",
     "drop",
     "DELETE",
     V1 "/residents/{id}/limits",
     {W_ID, W_NONE},
     BIT(W_SITE) | BIT(W_METRIC),
     0,
     NULL,
     "RESIDENT --site ID --metric hr"},
};
#define N_ACTIONS (sizeof(actions) / sizeof(actions[0]))

static int usage(const char *command, FILE *out)
{
    const char *lead = "usage:";
    for (size_t i = 0; i < N_ACTIONS; i++) {
        if (strcmp(actions[i].command, command) != 0)
            continue;
        fprintf(out, "%s carewatch %s %s %s\n", lead, command, actions[i].name,
                actions[i].usage);
        lead = "      ";
    }
    fprintf(out, "       " REMOTE_USAGE "\n");
    return out == stdout ? EXIT_OK : EXIT_USAGE;
}

static const struct action *action_find(const char *command, const char *name)
{
    for (size_t i = 0; i < N_ACTIONS; i++) {
        if (strcmp(actions[i].command, command) == 0 && strcmp(actions[i].name, name) == 0)
            return &actions[i];
    }
    return NULL;
}

/* ---- the request ---- */

static void write_path(const struct action *action, const char *id,
                       const char *const value[N_OPTIONS], struct buf *path)
{
    char separator = '?';
    static const char place[] = "{id}";
    const char *at = strstr(action->path, place);
    buf_add(path, action->path, at ? (size_t)(at - action->path) : strlen(action->path));
    if (at)
        buf_printf(path, "%s%s", id, at + sizeof(place) - 1);
    for (int w = 0; w < N_OPTIONS; w++) {
        if (!(action->query & BIT(w)) || !value[w])
            continue;
        buf_printf(path, "%c%s=", separator, words[w].member);
        url_escape(path, str_of(value[w]));
        separator = '&';
    }
}

/* False: an option that is a number has none. */
static bool write_body(const struct action *action, const char *const value[N_OPTIONS],
                       struct buf *body)
{
    struct json_out out;
    uint32_t members = action->body;
    json_out_init(&out, body);
    for (int i = 0; i < MAX_WORDS; i++)
        members |= action->argument[i] < N_OPTIONS ? BIT(action->argument[i]) : 0;
    if (members == 0)
        return true;
    json_object(&out);
    for (int w = 0; w < N_OPTIONS; w++) {
        double number;
        if (!(members & BIT(w)) || !value[w])
            continue;
        if (!words[w].is_number)
            json_member_text(&out, words[w].member, str_of(value[w]));
        else if (num_parse_f64(str_of(value[w]), &number) == 0)
            json_member_real(&out, words[w].member, number);
        else
            return false;
    }
    json_object_end(&out);
    return true;
}

static void print_row(void *ctx, const struct json_node *item)
{
    for (const struct column *c = ctx; c && c->key; c++)
        remote_column(item, c->key, c->width);
    printf("\n");
}

/* An order: its answer is one object, or nothing. */
static int call(const struct remote *remote, const struct action *action, const char *path,
                struct cw_str body)
{
    struct buf answer;
    buf_init(&answer, MAX_BODY);
    int code = remote_call(remote, action->method, path, NULL, body, &answer);
    struct json_node *root = code == EXIT_OK && answer.n > 0 && !remote->json
                                 ? json_read(buf_str(&answer), NULL)
                                 : NULL;
    if (code == EXIT_OK && answer.n > 0 && remote->json)
        printf("%s\n", buf_text(&answer));
    if (root && action->column)
        print_row((void *)(uintptr_t)action->column, root);
    json_read_free(root);
    buf_done(&answer);
    return code;
}

/* These lists are short: they have no pages. */
static int list(const struct remote *remote, const struct action *action, const char *path)
{
    struct json_node *root;
    const struct json_node *item;
    int code = remote_read(remote, "GET", path, NULL, CW_STR(""), &root);
    for (size_t i = 0; (item = node_at(node_get(root, "items"), i)); i++)
        print_row((void *)(uintptr_t)action->column, item);
    json_read_free(root);
    return code;
}

static int run_action(const struct remote *remote, const struct action *action, const char *id,
                      const char *const value[N_OPTIONS])
{
    struct buf path, body;
    int code = EXIT_OK;
    buf_init(&path, MAX_BODY);
    buf_init(&body, MAX_BODY);
    write_path(action, id, value, &path);
    if (!write_body(action, value, &body))
        code = usage(action->command, stderr);
    else if (strcmp(action->method, "GET") == 0)
        code = list(remote, action, buf_text(&path));
    else
        code = call(remote, action, buf_text(&path), buf_str(&body));
    buf_done(&path);
    buf_done(&body);
    return code;
}

/* ---- the command line ---- */

/* Its arguments into id and value; false when one lacks or is too much. */
static bool take_arguments(const struct action *action, char *const *argument, int n,
                           const char **id, const char *value[N_OPTIONS])
{
    int taken = 0;
    for (; taken < MAX_WORDS && action->argument[taken] != W_NONE; taken++) {
        enum word w = action->argument[taken];
        if (taken >= n || !id_valid(str_of(argument[taken])))
            return false;
        if (w == W_ID)
            *id = argument[taken];
        else
            value[w] = argument[taken];
    }
    return taken == n;
}

static int run(const char *command, int argc, char **argv)
{
    struct option options[5 + N_OPTIONS + 1] = {REMOTE_OPTIONS};
    struct remote remote = {.url = NULL};
    const char *id = "", *value[N_OPTIONS] = {NULL};
    uint32_t given = 0;
    int option, n = 0;
    while (options[n].name)
        n++;
    for (int w = 0; w < N_OPTIONS; w++)
        options[n++] = (struct option){words[w].option, required_argument, NULL, 256 + w};
    while ((option = getopt_long(argc, argv, REMOTE_SHORT, options, NULL)) != -1) {
        if (option >= 256) {
            value[option - 256] = optarg;
            given |= BIT(option - 256);
        } else if (!remote_option(&remote, option, optarg)) {
            return usage(command, option == 'h' ? stdout : stderr);
        }
    }
    const struct action *action = optind < argc ? action_find(command, argv[optind++]) : NULL;
    if (!action || (given & ~(action->query | action->body)) ||
        !take_arguments(action, argv + optind, argc - optind, &id, value))
        return usage(command, stderr);
    return run_action(&remote, action, id, value);
}

int cmd_maintenance(int argc, char **argv)
{
    return run("maintenance", argc, argv);
}

int cmd_roster(int argc, char **argv)
{
    return run("roster", argc, argv);
}

int cmd_limit(int argc, char **argv)
{
    return run("limit", argc, argv);
}
