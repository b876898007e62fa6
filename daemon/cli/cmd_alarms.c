/*
 * cmd_alarms.c - `carewatch alarms`: the list. What persons do to them is in cmd_orders.c.
 *
 * --follow asks again every two seconds and prints what is new or changed: a line per step,
 * for a terminal or a pipe. (A page follows the event stream instead.)
 */
#include <stdlib.h>
#include <string.h>
#include <uv.h>

#include "base/map.h"
#include "base/str.h"
#include "cli/cmd_remote.h"

#define FOLLOW_MS 2000u

static int usage(FILE *out)
{
    fprintf(out,
            "usage: carewatch alarms [--state open|closed|all] [--priority P] [--site ID]\n"
            "                        [--follow] " REMOTE_USAGE "\n");
    return out == stdout ? EXIT_OK : EXIT_USAGE;
}

void print_alarm(void *ctx, const struct json_node *alarm)
{
    (void)ctx;
    remote_column(alarm, "priority", 6);
    remote_column(alarm, "state", 14);
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
