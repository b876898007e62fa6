/*
 * cmd_orders.c - what persons do to alarms, from a terminal: one subcommand for each order of
 * the interface, all of one form; and silences.
 */
#include <stdlib.h>
#include <string.h>

#include "base/json_out.h"
#include "base/str.h"
#include "cli/cmd_remote.h"

#define MAX_BODY 16384u

/* ---- orders ---- */

/* Members of the body an order takes, beside rev and note. */
static const struct order {
    const char *name;
    const char *positional; /* second argument, or NULL */
    const char *options;    /* as "a|b" */
    const char *usage;
} orders[] = {
    {"ack", NULL, "", "ALARM"},
    {"unack", NULL, "", "ALARM"},
    {"escalate", NULL, "", "ALARM"},
    {"assign", "assignee", "", "ALARM WHO"},
    {"arrive", NULL, "", "ALARM"},
    {"handover", NULL, "to|answerer", "ALARM --to 120|119|110 --answerer WHO"},
    {"shelve", NULL, "for|until", "ALARM --note WHY [--for 1h | --until TIME]"},
    {"unshelve", NULL, "", "ALARM"},
    {"close", NULL, "cause", "ALARM --cause CAUSE"},
    {"note", "note", "", "ALARM TEXT"},
};

/* argv[0] is "carewatch NAME". */
static const struct order *order_of(const char *name)
{
    const char *space = strrchr(name, ' ');
    for (size_t i = 0; i < sizeof(orders) / sizeof(orders[0]); i++) {
        if (space && strcmp(space + 1, orders[i].name) == 0)
            return &orders[i];
    }
    return &orders[0];
}

static int usage(const struct order *order, FILE *out)
{
    fprintf(out,
            "usage: carewatch %s %s [--rev N] [--note TEXT] [--key KEY] " REMOTE_USAGE "\n"
            "--rev: only if that is its revision; --key: the same one again does nothing\n",
            order->name, order->usage);
    return out == stdout ? EXIT_OK : EXIT_USAGE;
}

enum member { M_NOTE, M_TO, M_ANSWERER, M_FOR, M_UNTIL, M_CAUSE, M_ASSIGNEE, N_MEMBERS };
static const char *const member_name[N_MEMBERS] = {"note",  "to",    "answerer", "for",
                                                   "until", "cause", "assignee"};

static bool takes(const struct order *order, enum member member)
{
    struct cw_str rest = str_of(order->options), one;
    if (member == M_NOTE)
        return true;
    while (str_split(&rest, '|', &one)) {
        if (str_is(one, member_name[member]))
            return true;
    }
    return false;
}

static int send_order(const struct remote *remote, const struct order *order, const char *id,
                      const char *headers, const char *const value[N_MEMBERS])
{
    struct buf body;
    struct json_out out;
    char path[200];
    struct json_node *root;
    buf_init(&body, MAX_BODY);
    json_out_init(&out, &body);
    json_object(&out);
    for (int i = 0; i < N_MEMBERS; i++)
        json_member_opt(&out, member_name[i], str_of(value[i]));
    json_object_end(&out);
    (void)snprintf(path, sizeof(path), "/api/v1/alarms/%s/%s", id, order->name);
    int code = remote_read(remote, "POST", path, headers, buf_str(&body), &root);
    if (root)
        print_alarm(NULL, root);
    json_read_free(root);
    buf_done(&body);
    return code;
}

/* The one header there is room for: a revision, or a key. */
static const char *header_of(const char *rev, const char *key, char room[160])
{
    if (rev)
        (void)snprintf(room, 160, "If-Match: \"%.20s\"", rev);
    else if (key)
        (void)snprintf(room, 160, "Idempotency-Key: %.100s", key);
    return rev || key ? room : NULL;
}

int cmd_order(int argc, char **argv)
{
    static const struct option options[] = {
        REMOTE_OPTIONS,
        {"rev", required_argument, NULL, 'R'},
        {"key", required_argument, NULL, 'K'},
        {"note", required_argument, NULL, 256 + M_NOTE},
        {"to", required_argument, NULL, 256 + M_TO},
        {"answerer", required_argument, NULL, 256 + M_ANSWERER},
        {"for", required_argument, NULL, 256 + M_FOR},
        {"until", required_argument, NULL, 256 + M_UNTIL},
        {"cause", required_argument, NULL, 256 + M_CAUSE},
        {NULL, 0, NULL, 0}};
    const struct order *order = order_of(argv[0]);
    struct remote remote = {.url = NULL};
    const char *rev = NULL, *key = NULL, *value[N_MEMBERS] = {NULL};
    char room[160];
    int option;
    while ((option = getopt_long(argc, argv, REMOTE_SHORT, options, NULL)) != -1) {
        if (option == 'R')
            rev = optarg;
        else if (option == 'K')
            key = optarg;
        else if (option >= 256 && takes(order, (enum member)(option - 256)))
            value[option - 256] = optarg;
        else if (option >= 256 || !remote_option(&remote, option, optarg))
            return usage(order, option == 'h' ? stdout : stderr);
    }
    int wanted = order->positional ? 2 : 1;
    if (optind + wanted != argc || !id_valid(str_of(argv[optind])) || (rev && key))
        return usage(order, stderr);
    if (order->positional)
        value[strcmp(order->positional, "note") == 0 ? M_NOTE : M_ASSIGNEE] = argv[optind + 1];
    return send_order(&remote, order, argv[optind], header_of(rev, key, room), value);
}

/* ---- silences ---- */

static int usage_silence(FILE *out)
{
    fprintf(
        out,
        "usage: carewatch silence add NAME=VALUE... [--for 1h | --until TIME] [--note WHY]\n"
        "       carewatch silence list [--state active|expired|all]\n"
        "       carewatch silence expire ID\n"
        "Matchers are NAME=VALUE, NAME!=VALUE, NAME=~PATTERN, NAME!~PATTERN over rule, kind,\n"
        "priority, category, site, district, device, resident, bed. High alarms and calls are\n"
        "always told. " REMOTE_USAGE "\n");
    return out == stdout ? EXIT_OK : EXIT_USAGE;
}

/* "site=~home-.*" */
static bool matcher_json(const char *text, struct json_out *out)
{
    size_t n = strcspn(text, "=!");
    bool negated = text[n] == '!';
    const char *value = text + n + 1;
    if (n == 0 || text[n] == '\0' || (negated && *value != '=' && *value != '~'))
        return false;
    bool pattern = *value == '~';
    value += negated || pattern;
    json_object(out);
    json_member_text(out, "name", (struct cw_str){text, n});
    json_member_text(out, "value", str_of(value));
    json_member_bool(out, "isRegex", pattern);
    json_member_bool(out, "isEqual", !negated);
    json_object_end(out);
    return true;
}

static void print_silence(void *ctx, const struct json_node *silence)
{
    const struct json_node *list = node_get(silence, "matchers"), *item;
    (void)ctx;
    remote_column(silence, "id", 36);
    remote_column(silence, "state", 8);
    remote_column(silence, "until", 24);
    remote_column(silence, "by", 12);
    for (size_t i = 0; (item = node_at(list, i)); i++) {
        bool pattern = node_bool(node_get(item, "isRegex"), false);
        bool equal = node_bool(node_get(item, "isEqual"), true);
        remote_column(item, "name", 0);
        printf("%s ", equal ? (pattern ? "=~" : "=") : (pattern ? "!~" : "!="));
        remote_column(item, "value", 0);
    }
    printf("\n");
}

static int silence_add(const struct remote *remote, char *const *matcher, int n,
                       const char *for_, const char *until, const char *note)
{
    struct buf body;
    struct json_out out;
    struct json_node *root = NULL;
    bool good = n > 0;
    buf_init(&body, MAX_BODY);
    json_out_init(&out, &body);
    json_object(&out);
    json_member_opt(&out, until ? "until" : "for", str_of(until ? until : for_));
    json_member_opt(&out, "note", str_of(note));
    json_key(&out, "matchers");
    json_array(&out);
    for (int i = 0; i < n && good; i++)
        good = matcher_json(matcher[i], &out);
    json_array_end(&out);
    json_object_end(&out);
    int code =
        good ? remote_read(remote, "POST", "/api/v1/silences", NULL, buf_str(&body), &root)
             : usage_silence(stderr);
    if (root)
        print_silence(NULL, root);
    json_read_free(root);
    buf_done(&body);
    return code;
}

static int silence_expire(const struct remote *remote, const char *id)
{
    char path[200];
    struct buf answer;
    if (!id_valid(str_of(id)))
        return usage_silence(stderr);
    (void)snprintf(path, sizeof(path), "/api/v1/silences/%s", id);
    buf_init(&answer, MAX_BODY);
    int code = remote_call(remote, "DELETE", path, NULL, CW_STR(""), &answer);
    buf_done(&answer);
    return code;
}

int cmd_silence(int argc, char **argv)
{
    static const struct option options[] = {REMOTE_OPTIONS,
                                            {"for", required_argument, NULL, 'F'},
                                            {"until", required_argument, NULL, 'U'},
                                            {"note", required_argument, NULL, 'N'},
                                            {"state", required_argument, NULL, 'S'},
                                            {NULL, 0, NULL, 0}};
    struct remote remote = {.url = NULL};
    const char *for_ = "1h", *until = NULL, *note = "", *state = "";
    char path[100];
    int option;
    while ((option = getopt_long(argc, argv, REMOTE_SHORT, options, NULL)) != -1) {
        if (option == 'F')
            for_ = optarg;
        else if (option == 'U')
            until = optarg;
        else if (option == 'N')
            note = optarg;
        else if (option == 'S')
            state = optarg;
        else if (!remote_option(&remote, option, optarg))
            return usage_silence(option == 'h' ? stdout : stderr);
    }
    const char *what = optind < argc ? argv[optind++] : "";
    if (strcmp(what, "add") == 0)
        return silence_add(&remote, argv + optind, argc - optind, for_, until, note);
    if (strcmp(what, "expire") == 0 && optind + 1 == argc)
        return silence_expire(&remote, argv[optind]);
    if (strcmp(what, "list") != 0 || optind != argc)
        return usage_silence(stderr);
    (void)snprintf(path, sizeof(path), "/api/v1/silences?state=%.20s", state);
    return remote_list(&remote, path, print_silence, NULL);
}
