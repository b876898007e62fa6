/*
 * cmd_remote.h - the subcommands that are hands on the API: options they share, one call and
 * its answer, and columns for a person.
 */
#ifndef CMD_REMOTE_H
#define CMD_REMOTE_H

#include <getopt.h>
#include <stdbool.h>
#include <stdio.h>

#include "base/buf.h"
#include "cli/cli.h"
#include "io/json_read.h"

struct remote {
    const char *url; /* default http://127.0.0.1:8480, or $CAREWATCH_URL */
    const char *token_file, *ca_file;
    bool json; /* -o json */
};

#define REMOTE_OPTIONS                                                                       \
    {"url", required_argument, NULL, 'u'}, {"token-file", required_argument, NULL, 't'},     \
        {"ca-file", required_argument, NULL, 'A'}, {"output", required_argument, NULL, 'o'}, \
    {                                                                                        \
        "help", no_argument, NULL, 'h'                                                       \
    }
#define REMOTE_SHORT "o:h"
#define REMOTE_USAGE "[--url URL] [--token-file FILE] [--ca-file FILE] [-o json]"

/* Takes an option of REMOTE_OPTIONS; false when it is none, or wrong. */
bool remote_option(struct remote *remote, int option, const char *argument);

/* One request. EXIT_OK and the body in *answer; else says why on stderr and returns the exit
 * code: EXIT_UNREACHABLE, EXIT_REFUSED (401, 403), EXIT_NEGATIVE (any other refusal). */
int remote_call(const struct remote *remote, const char *method, const char *path,
                const char *header, struct cw_str body, struct buf *answer);
/* The same, read as JSON; the caller frees *root. With -o json the answer is printed and
 * *root is NULL. */
int remote_read(const struct remote *remote, const char *method, const char *path,
                const char *header, struct cw_str body, struct json_node **root);
/* All items of a list, page by page: each is given to `row`, or printed with -o json. */
int remote_list(const struct remote *remote, const char *path,
                void (*row)(void *ctx, const struct json_node *item), void *ctx);
/* An alarm on a line (cmd_alarms.c); a `row` of remote_list(). */
void print_alarm(void *ctx, const struct json_node *alarm);
/* Text of the item, escaped for a terminal, cut or filled to `width` (0: as it is). */
void remote_column(const struct json_node *item, const char *key, int width);

#endif
