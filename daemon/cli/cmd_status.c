/*
 * cmd_status.c - `carewatch status`: is it well, in ten lines.
 */
#include <string.h>

#include "cli/cmd_remote.h"

static int usage(FILE *out)
{
    fprintf(out, "usage: carewatch status " REMOTE_USAGE "\n");
    return out == stdout ? EXIT_OK : EXIT_USAGE;
}

static void print_failing(const char *what, const struct json_node *part, const char *good)
{
    if (!node_bool(node_get(part, good), true))
        printf("%-9s FAILS: %s\n", what, node_text(node_get(part, "last_error"), "?"));
}

static void print_disk(const struct json_node *root)
{
    const struct json_node *journal = node_get(root, "journal");
    printf("journal   %s, %lld MiB, the oldest of it needed by %s%s\n",
           node_bool(node_get(journal, "ok"), false) ? "ok" : "FAILED",
           (long long)node_int(node_get(journal, "bytes"), 0) >> 20,
           node_text(node_get(journal, "held_by"), "?"),
           node_bool(node_get(journal, "telemetry_held"), false)
               ? ", FULL: telemetry is held at the broker"
               : "");
    print_failing("store", node_get(root, "store"), "ok");
}

static void print_status(const struct json_node *root)
{
    const struct json_node *rates = node_get(root, "rates");
    const struct json_node *influx = node_get(root, "influx");
    const struct json_node *session, *door, *channel;
    printf("version   %s, up %lld s, sign-in: %s\n", node_text(node_get(root, "version"), "?"),
           (long long)node_int(node_get(root, "uptime_s"), 0),
           node_text(node_get(root, "auth"), "?"));
    if (!rates)
        return;
    printf("messages  %.0f/s, %lld so far; %lld sites, %lld devices, %lld open alarms\n",
           node_real(node_get(rates, "messages_s"), 0),
           (long long)node_int(node_get(root, "messages"), 0),
           (long long)node_int(node_get(root, "sites"), 0),
           (long long)node_int(node_get(root, "devices"), 0),
           (long long)node_int(node_get(root, "alarms_open"), 0));
    for (size_t i = 0; (session = node_at(node_get(root, "mqtt"), i)); i++)
        printf("mqtt      %s-%s %s\n", node_text(node_get(session, "broker"), "?"),
               node_text(node_get(session, "role"), "?"),
               node_bool(node_get(session, "connected"), false) ? "connected"
                                                                : "NOT CONNECTED");
    for (size_t i = 0; (door = node_at(node_get(root, "doors"), i)); i++)
        printf("door      %s %s, %lld messages, %lld bytes to merge%s\n",
               node_text(node_get(door, "name"), "?"),
               node_bool(node_get(door, "broker"), false) ? "open" : "NOT OPEN",
               (long long)node_int(node_get(door, "merged"), 0),
               (long long)node_int(node_get(door, "behind_bytes"), 0),
               node_bool(node_get(door, "urgent_only"), false)
                   ? ", FULL: devices keep their telemetry"
                   : "");
    if (node_is_object(influx))
        printf("influx    %s, %lld lines written, %lld intervals behind\n",
               node_bool(node_get(influx, "up"), false) ? "up" : "DOWN",
               (long long)node_int(node_get(influx, "written"), 0),
               (long long)node_int(node_get(influx, "behind_intervals"), 0));
    if (node_is_object(influx))
        print_failing("influx", influx, "up");
    print_disk(root);
    for (size_t i = 0; (channel = node_at(node_get(root, "notify"), i)); i++)
        print_failing(node_text(node_get(channel, "name"), "channel"), channel, "ok");
    printf("config    %.16s\n", node_text(node_get(node_get(root, "config"), "sha256"), "?"));
}

int cmd_status(int argc, char **argv)
{
    static const struct option options[] = {REMOTE_OPTIONS, {NULL, 0, NULL, 0}};
    struct remote remote = {.url = NULL};
    struct json_node *root;
    int option;
    while ((option = getopt_long(argc, argv, REMOTE_SHORT, options, NULL)) != -1) {
        if (!remote_option(&remote, option, optarg))
            return usage(option == 'h' ? stdout : stderr);
    }
    if (optind < argc)
        return usage(stderr);
    int code = remote_read(&remote, "GET", "/api/v1/status", NULL, CW_STR(""), &root);
    if (root)
        print_status(root);
    json_read_free(root);
    return code;
}
