/*
 * cmd_config.c - `carewatch config -c FILE`: the configuration as it is in effect: file,
 * environment, command line and presets together, secrets hidden.
 */
#include "cli/cmd_config.h"

#include <getopt.h>
#include <stdio.h>
#include <string.h>

#include "cli/cli.h"

#define MAX_PRINTED_BYTES ((size_t)16 << 20)

bool config_arguments_override(struct config_arguments *arguments, const char *setting)
{
    if (arguments->n_overrides == MAX_OVERRIDES) {
        fprintf(stderr, "carewatch: more than %d times -p\n", MAX_OVERRIDES);
        return false;
    }
    arguments->override[arguments->n_overrides++] = setting;
    return true;
}

static void print_mistake(void *ctx, const struct config_mistake *mistake)
{
    (void)ctx;
    if (mistake->file && mistake->line > 0)
        fprintf(stderr, "%s:%d: %s\n", mistake->file, mistake->line, mistake->text);
    else if (mistake->file)
        fprintf(stderr, "%s: %s\n", mistake->file, mistake->text);
    else
        fprintf(stderr, "%s\n", mistake->text);
}

struct config *config_arguments_load(const struct config_arguments *arguments)
{
    struct config *config = NULL;
    if (config_load(&config, arguments->file, arguments->override, arguments->n_overrides,
                    print_mistake, NULL) != 0)
        return NULL;
    return config;
}

static void usage(FILE *out)
{
    fprintf(out, "usage: carewatch config [-c FILE] [-p section.key=value]... [-o json]\n\n"
                 "Prints the configuration in effect: file, environment, -p and presets;\n"
                 "secrets are hidden. Without -c: the presets.\n");
}

int cmd_config(int argc, char **argv)
{
    static const struct option options[] = {{"config", required_argument, NULL, 'c'},
                                            {"output", required_argument, NULL, 'o'},
                                            {"help", no_argument, NULL, 'h'},
                                            {0}};
    struct config_arguments arguments = {0};
    bool as_json = false;
    int c;
    while ((c = getopt_long(argc, argv, "c:p:o:h", options, NULL)) != -1) {
        if (c == 'h') {
            usage(stdout);
            return EXIT_OK;
        }
        bool good = c == 'c' || (c == 'p' && config_arguments_override(&arguments, optarg)) ||
                    (c == 'o' && strcmp(optarg, "json") == 0);
        if (!good) {
            usage(stderr);
            return EXIT_USAGE;
        }
        if (c == 'c')
            arguments.file = optarg;
        as_json = as_json || c == 'o';
    }
    if (optind < argc) {
        usage(stderr);
        return EXIT_USAGE;
    }
    struct config *config = config_arguments_load(&arguments);
    if (!config)
        return EXIT_NEGATIVE;
    struct buf out;
    buf_init(&out, MAX_PRINTED_BYTES);
    if (as_json)
        config_print_json(config, &out);
    else
        config_print(config, &out);
    bool written = fwrite(out.p, 1, out.n, stdout) == out.n && fflush(stdout) == 0;
    buf_done(&out);
    config_free(config);
    return written ? EXIT_OK : EXIT_NEGATIVE;
}
