/*
 * cmd_lists.c - `carewatch visits`, `projects`, `credit`: lists of the API for hands. One row
 * of a table each: the path, the options it takes, the columns.
 */
#include <stdlib.h>
#include <string.h>

#include "cli/cmd_remote.h"

struct column {
    const char *key;
    int width;
};

struct listing {
    const char *name, *path;
    const char *options[8]; /* of the route's parameters */
    struct column column[9];
};

static const struct listing listings[] = {
    {"visits",
     "/api/v1/visits",
     {"site", "state", "worker", "project", "recipient", "exception", "from", "to"},
     {{"state", 12},
      {"visit", 24},
      {"site", 20},
      {"service", 10},
      {"recipient", 14},
      {"worker", 12},
      {"project", 14},
      {"start", 0}}},
    {"projects",
     "/api/v1/projects",
     {"org", "state", "district"},
     {{"state", 12},
      {"id", 24},
      {"org", 20},
      {"target_persons", 10},
      {"claimed_persons", 10},
      {"verified_persons", 10},
      {"claimed_amount_fen", 14},
      {"verified_amount_fen", 0}}},
    {"credit",
     "/api/v1/credit",
     {"list", "org"},
     {{"state", 12}, {"list", 14}, {"org", 24}, {"decision", 20}, {"authority", 0}}},
};

static int usage(FILE *out, const struct listing *listing)
{
    fprintf(out, "usage: carewatch %s", listing->name);
    for (size_t i = 0; i < 8 && listing->options[i]; i++)
        fprintf(out, " [--%s X]", listing->options[i]);
    fprintf(out, "\n       " REMOTE_USAGE "\n");
    return out == stdout ? EXIT_OK : EXIT_USAGE;
}

static void print_row(void *ctx, const struct json_node *item)
{
    const struct listing *listing = ctx;
    for (const struct column *c = listing->column; c->key; c++)
        remote_column(item, c->key, c->width);
    printf("\n");
}

static int run(const struct listing *listing, int argc, char **argv)
{
    struct option options[16] = {REMOTE_OPTIONS};
    struct remote remote = {.url = NULL};
    char path[900];
    size_t n = 0, at;
    int option;
    while (options[n].name)
        n++;
    for (size_t i = 0; i < 8 && listing->options[i]; i++)
        options[n++] =
            (struct option){listing->options[i], required_argument, NULL, 1000 + (int)i};
    at = (size_t)snprintf(path, sizeof(path), "%s?", listing->path);
    while ((option = getopt_long(argc, argv, REMOTE_SHORT, options, NULL)) != -1) {
        if (option >= 1000 && at < sizeof(path))
            at += (size_t)snprintf(path + at, sizeof(path) - at, "%s=%.60s&",
                                   listing->options[option - 1000], optarg);
        else if (!remote_option(&remote, option, optarg))
            return usage(option == 'h' ? stdout : stderr, listing);
    }
    if (optind < argc)
        return usage(stderr, listing);
    path[strlen(path) - 1] = '\0';
    return remote_list(&remote, path, print_row, (void *)(uintptr_t)listing);
}

int cmd_visits(int argc, char **argv)
{
    return run(&listings[0], argc, argv);
}

int cmd_projects(int argc, char **argv)
{
    return run(&listings[1], argc, argv);
}

int cmd_credit(int argc, char **argv)
{
    return run(&listings[2], argc, argv);
}
