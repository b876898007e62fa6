/*
 * cmd_check.c - `carewatch check -c FILE`: every mistake of a configuration with FILE:LINE.
 *
 * With -t also what only a start would find: the folders the daemon writes to and the files
 * it reads. Nothing is created, nothing is connected to.
 */
#include <errno.h>
#include <getopt.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "base/str.h"
#include "cli/cli.h"
#include "cli/cmd_config.h"
#include "core/rules_advice.h"

/* Can `path` be written or made? Looks at the nearest part of it that exists. */
static bool try_write(const char *option, const char *path)
{
    char part[4096];
    if (!str_copy(part, sizeof(part), str_of(path))) {
        fprintf(stderr, "%s: the path is too long\n", option);
        return false;
    }
    while (access(part, F_OK) != 0 && errno == ENOENT) {
        char *slash = strrchr(part, '/');
        if (!slash)
            (void)str_copy(part, sizeof(part), CW_STR("."));
        else
            slash[slash == part] = '\0';
    }
    if (access(part, W_OK) == 0)
        return true;
    fprintf(stderr, "%s: cannot write to %s (%s)\n", option, part, strerror(errno));
    return false;
}

static bool try_read(const char *option, const char *path)
{
    if (!path || path[0] == '\0' || access(path, R_OK) == 0)
        return true;
    fprintf(stderr, "%s: cannot read %s (%s)\n", option, path, strerror(errno));
    return false;
}

/* All of them are told, not only the first. */
static bool try_start(const struct config *config)
{
    bool good = try_write("journal.dir", config->journal.dir);
    good = try_write("store.path", config->store.path) && good;
    good = try_read("http.cert_file", config->http.cert_file) && good;
    good = try_read("http.key_file", config->http.key_file) && good;
    good = try_read("http.web_dir", config->http.web_dir) && good;
    good = try_read("influx.ca_file", config->influx.ca_file) && good;
    for (size_t i = 0; i < config->n_mqtt; i++) {
        good = try_read("mqtt.ca_file", config->mqtt[i].ca_file) && good;
        good = try_read("mqtt.cert_file", config->mqtt[i].cert_file) && good;
        good = try_read("mqtt.key_file", config->mqtt[i].key_file) && good;
    }
    return good;
}

/* What works, and could be better: said, but it is no mistake. Returns how many. */
static unsigned advise(const struct config *config)
{
    unsigned n = 0;
    for (uint32_t i = 0; i < config->rules.n_rules; i++) {
        const struct rule *rule = &config->rules.rule[i];
        const char *sentence;
        for (uint32_t k = 0; (sentence = rule_advice(rule, &k)); n++)
            fprintf(stderr, "warning: rule %s %s\n", rule->name, sentence);
    }
    return n;
}

static void usage(FILE *out)
{
    fprintf(out, "usage: carewatch check -c FILE [-t] [-p section.key=value]...\n\n"
                 "Says every mistake of a configuration as FILE:LINE, and as warnings what\n"
                 "rules about residents lack (action, languages, risk code); -t also tries\n"
                 "the folders and files it names.\n");
}

int cmd_check(int argc, char **argv)
{
    static const struct option options[] = {{"config", required_argument, NULL, 'c'},
                                            {"try", no_argument, NULL, 't'},
                                            {"help", no_argument, NULL, 'h'},
                                            {0}};
    struct config_arguments arguments = {0};
    bool with_try = false;
    int c;
    while ((c = getopt_long(argc, argv, "c:p:th", options, NULL)) != -1) {
        if (c == 'h') {
            usage(stdout);
            return EXIT_OK;
        }
        if (c != 'c' && c != 't' &&
            !(c == 'p' && config_arguments_override(&arguments, optarg))) {
            usage(stderr);
            return EXIT_USAGE;
        }
        if (c == 'c')
            arguments.file = optarg;
        with_try = with_try || c == 't';
    }
    if (optind < argc || !arguments.file) {
        usage(stderr);
        return EXIT_USAGE;
    }
    struct config *config = config_arguments_load(&arguments);
    if (!config)
        return EXIT_NEGATIVE;
    unsigned n_warnings = advise(config);
    bool good = !with_try || try_start(config);
    if (good)
        fprintf(stderr, "%s is good: %u rules, %zu channels, sha256 %.12s, %u warnings\n",
                arguments.file, config->rules.n_rules, config->n_channels, config->sha256,
                n_warnings);
    config_free(config);
    return good ? EXIT_OK : EXIT_NEGATIVE;
}
