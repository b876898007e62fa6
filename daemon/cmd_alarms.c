/*
 * cmd_alarms.c - `carewatch alarms` and `carewatch ack`: the list, and a person's word.
 *
 * --follow asks again every two seconds and prints what is new or changed: a line per step,
 * for a terminal or a pipe. (A page follows the event stream instead.)
 */
#include <stdlib.h>
#include <string.h>
#include <uv.h>

#include "base/json_out.h"
#include "base/map.h"
#include "base/str.h"
#include "cmd_remote.h"

#define MAX_NOTE 500u
#define FOLLOW_MS 2000u

static int usage(FILE *out)
{
    fprintf(out,
            "usage: carewatch alarms [--state open|closed|all] [--priority P] [--site ID]\n"
            "                        [--follow] " REMOTE_USAGE "\n");
    return out == stdout ? EXIT_OK : EXIT_USAGE;
}

static void print_alarm(void *ctx, const struct json_node *alarm)
{
    (void)ctx;
    remote_column(alarm, "priority", 6);
    remote_column(alarm, "state", 9);
    remote_column(alarm, "raised_at", 24);
    remote_column(alarm, "site", 16);
    remote_column(alarm, "device", 14);
    remote_column(node_get(alarm, "text"), "zh", 0);
    remote_column(alarm, "id", 0);
    printf("\n");
}

/* ctx is a map: of each alarm the revision that was printed last. */
static void print_if_changed(void *ctx, const struct json_node *alarm)
{
    struct map *seen = ctx;
    struct cw_str id = str_of(node_text(node_get(alarm, "id"), ""));
    uintptr_t rev = (uintptr_t)node_int(node_get(alarm, "rev"), 0);
    if (id.n == 0 || map_get(seen, id) == (void *)rev)
        return;
    if (rev > 0)
        (void)map_put(seen, id, (void *)rev);
    print_alarm(NULL, alarm);
}

static int follow(const struct remote *remote, const char *path)
{
    struct map seen;
    int code = EXIT_OK;
    map_init(&seen);
    while (code == EXIT_OK) {
        code = remote_list(remote, path, print_if_changed, &seen);
        fflush(stdout);
        uv_sleep(FOLLOW_MS);
    }
    map_done(&seen);
    return code;
}

int cmd_alarms(int argc, char **argv)
{
    static const struct option options[] = {REMOTE_OPTIONS,
                                            {"state", required_argument, NULL, 'S'},
                                            {"priority", required_argument, NULL, 'P'},
                                            {"site", required_argument, NULL, 'I'},
                                            {"follow", no_argument, NULL, 'f'},
                                            {NULL, 0, NULL, 0}};
    struct remote remote = {.url = NULL};
    const char *state = "", *priority = "", *site = "";
    bool follows = false;
    char path[400];
    int option;
    while ((option = getopt_long(argc, argv, REMOTE_SHORT "f", options, NULL)) != -1) {
        if (option == 'S')
            state = optarg;
        else if (option == 'P')
            priority = optarg;
        else if (option == 'I')
            site = optarg;
        else if (option == 'f')
            follows = true;
        else if (!remote_option(&remote, option, optarg))
            return usage(option == 'h' ? stdout : stderr);
    }
    if (optind < argc || (follows && remote.json))
        return usage(stderr);
    (void)snprintf(path, sizeof(path), "/api/v1/alarms?state=%s&priority=%s&site=%s", state,
                   priority, site);
    return follows ? follow(&remote, path) : remote_list(&remote, path, print_alarm, NULL);
}

/* ---- ack ---- */

static int usage_ack(FILE *out)
{
    fprintf(out, "usage: carewatch ack ALARM [--rev N] [--note TEXT] " REMOTE_USAGE "\n");
    return out == stdout ? EXIT_OK : EXIT_USAGE;
}

static int acknowledge(const struct remote *remote, const char *id, const char *rev,
                       const char *note)
{
    struct buf body;
    struct json_out out;
    char path[200], header[64];
    struct json_node *root;
    buf_init(&body, 8 * MAX_NOTE);
    json_out_init(&out, &body);
    json_object(&out);
    json_member_opt(&out, "note", str_of(note));
    json_object_end(&out);
    (void)snprintf(path, sizeof(path), "/api/v1/alarms/%s/ack", id);
    (void)snprintf(header, sizeof(header), "If-Match: \"%s\"", rev ? rev : "");
    int code = remote_read(remote, "POST", path, rev ? header : NULL, buf_str(&body), &root);
    if (root)
        print_alarm(NULL, root);
    json_read_free(root);
    buf_done(&body);
    return code;
}

int cmd_ack(int argc, char **argv)
{
    static const struct option options[] = {REMOTE_OPTIONS,
                                            {"rev", required_argument, NULL, 'R'},
                                            {"note", required_argument, NULL, 'N'},
                                            {NULL, 0, NULL, 0}};
    struct remote remote = {.url = NULL};
    const char *rev = NULL, *note = "";
    int option;
    while ((option = getopt_long(argc, argv, REMOTE_SHORT, options, NULL)) != -1) {
        if (option == 'R')
            rev = optarg;
        else if (option == 'N')
            note = optarg;
        else if (!remote_option(&remote, option, optarg))
            return usage_ack(option == 'h' ? stdout : stderr);
    }
    if (optind + 1 != argc || !id_valid(str_of(argv[optind])) || strlen(note) > MAX_NOTE)
        return usage_ack(stderr);
    return acknowledge(&remote, argv[optind], rev, note);
}
