/*
 * cmd_serve.c - `carewatch serve -c FILE [-p section.key=value]...`: the daemon, in the
 * foreground, logs to stderr.
 */
#include <errno.h>
#include <getopt.h>
#include <stdio.h>

#include "cli/cli.h"
#include "daemon_run.h"
#include "io/config.h"

#define MAX_OVERRIDES 64

static void say_mistake(void *ctx, const struct config_mistake *mistake)
{
    (void)ctx;
    if (mistake->file && mistake->line > 0)
        fprintf(stderr, "%s:%d: %s\n", mistake->file, mistake->line, mistake->text);
    else
        fprintf(stderr, "%s: %s\n", mistake->file ? mistake->file : "carewatch", mistake->text);
}

int cmd_serve(int argc, char **argv)
{
    static const struct option options[] = {
        {"config", required_argument, NULL, 'c'},
        {"param", required_argument, NULL, 'p'},
        {"help", no_argument, NULL, 'h'},
        {NULL, 0, NULL, 0},
    };
    const char *file = NULL, *override[MAX_OVERRIDES];
    size_t n = 0;
    int option;
    while ((option = getopt_long(argc, argv, "c:p:h", options, NULL)) != -1) {
        if (option == 'c') {
            file = optarg;
        } else if (option == 'p' && n < MAX_OVERRIDES) {
            override[n++] = optarg;
        } else {
            fprintf(option == 'h' ? stdout : stderr,
                    "usage: carewatch serve -c FILE [-p section.key=value]...\n"
                    "Runs the daemon in the foreground; SIGHUP reads the configuration again,\n"
                    "SIGTERM stops. `carewatch check -c FILE` tells every mistake first.\n");
            return option == 'h' ? EXIT_OK : EXIT_USAGE;
        }
    }
    if (!file || optind != argc) {
        fprintf(stderr, "carewatch serve: give the configuration with -c FILE\n");
        return EXIT_USAGE;
    }
    struct config *config;
    if (config_load(&config, file, override, n, say_mistake, NULL) != 0)
        return EXIT_NEGATIVE;
    int ret = daemon_run(config, file, override, n);
    if (ret == 0)
        return EXIT_OK;
    return ret == -EWOULDBLOCK ? EXIT_REFUSED : EXIT_NEGATIVE;
}
