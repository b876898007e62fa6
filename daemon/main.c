/*
 * main.c - one binary, many subcommands: finds the one that was asked for and runs it.
 */
#include <stdio.h>
#include <string.h>

#include "cli/cli.h"

static const struct subcommand subcommands[] = {
    {"serve", "-c FILE", "the daemon, in the foreground", cmd_serve},
    {"replay", "[-c FILE] JOURNAL_DIR|CAPTURE", "the same fold over a recording", cmd_replay},
    {"check", "-c FILE [-t] [-p k=v]...", "every mistake of a configuration", cmd_check},
    {"config", "[-c FILE] [-p k=v]... [-o json]", "the configuration in effect", cmd_config},
    {"journal", "verify|dump|stat DIR", "looks at a journal: damage, records, figures",
     cmd_journal},
    {"test", "[-c FILE] RULES.test...", "unit tests of rules on a virtual clock", cmd_test},
    {"score", "--detector NAME [--set k=v]... < FILE.csv", "what a detector thinks of a series",
     cmd_score},
    {"status", "[--url URL]", "is it well: rates, connections, lag", cmd_status},
    {"alarms", "[--state open|closed|all] [--follow]", "the alarm list", cmd_alarms},
    {"ack", "ALARM [--rev N] [--note TEXT]", "acknowledges an alarm", cmd_order},
    {"unack", "ALARM", "takes back what one has just acknowledged", cmd_order},
    {"escalate", "ALARM [--note TEXT]", "the next step of its chain, now", cmd_order},
    {"assign", "ALARM WHO [--note TEXT]", "somebody is sent", cmd_order},
    {"arrive", "ALARM [--note TEXT]", "somebody is on the scene", cmd_order},
    {"handover", "ALARM --to 120 --answerer WHO", "to 120, 119 or 110", cmd_order},
    {"shelve", "ALARM --note WHY [--for 1h]", "puts an alarm aside for a while", cmd_order},
    {"unshelve", "ALARM", "back from the shelf", cmd_order},
    {"close", "ALARM --cause CAUSE [--note TEXT]", "it is done", cmd_order},
    {"note", "ALARM TEXT", "words to an alarm", cmd_order},
    {"silence", "add|list|expire", "what is not told, and until when", cmd_silence},
    {"maintenance", "list|begin|end", "devices and sites out of service for a while",
     cmd_maintenance},
    {"roster", "list|override|restore|contact|forget",
     "who is on duty, who takes over, where they are reached", cmd_roster},
    {"limit", "list|set|drop", "what holds for one resident instead of a rule's limits",
     cmd_limit},
    {"report", "KIND [--from TIME] [--by WHAT]", "figures of a time as CSV or JSON",
     cmd_report},
    {"sites", "[--connection STATE]", "places and whether they are heard", cmd_sites},
    {"visits", "[--site ID] [--project ID] [--exception NAME]", "service orders", cmd_visits},
    {"projects", "[--org ID] [--state STATE]", "claimed against verified", cmd_projects},
    {"credit", "[--list NAME]", "organisations on lists", cmd_credit},
    {"import", "KIND FILE.csv [--apply]", "rows of a spreadsheet into the registry",
     cmd_import},
    {"store", "verify|backup|stat|erase FILE",
     "looks at the store's file, copies it while it is used", cmd_store},
    {"audit", "verify|dump -c FILE", "who did what: is the chain of lines whole", cmd_audit},
    {"token", "add|list|revoke", "bearer tokens of the API", cmd_token},
    {"sim", "--broker URL | -o ndjson|sites", "a simulated city", cmd_sim},
    {"notify-test", "CHANNEL -c FILE [--dry-run]", "a drill alarm through a channel",
     cmd_notify_test},
    {"schema", "config|openapi|metrics|roles", "what the program promises", cmd_schema},
    {NULL, NULL, NULL, NULL},
};

static void usage(FILE *out)
{
    fprintf(out, "usage: carewatch SUBCOMMAND [OPTION]...\n\n");
    for (const struct subcommand *c = subcommands; c->name; c++)
        fprintf(out, "  %-12s %s\n", c->name, c->help);
    fprintf(out, "\n  carewatch SUBCOMMAND --help says more\n");
}

int main(int argc, char **argv)
{
    if (argc < 2) {
        usage(stderr);
        return EXIT_USAGE;
    }
    if (strcmp(argv[1], "--help") == 0 || strcmp(argv[1], "help") == 0) {
        usage(stdout);
        return EXIT_OK;
    }
    if (strcmp(argv[1], "--version") == 0) {
        printf("carewatch %s\n", CAREWATCH_VERSION);
        return EXIT_OK;
    }
    for (const struct subcommand *c = subcommands; c->name; c++) {
        if (strcmp(argv[1], c->name) == 0) {
            char name[32]; /* how getopt begins its complaints */
            (void)snprintf(name, sizeof(name), "carewatch %s", c->name);
            argv[1] = name;
            return c->run(argc - 1, argv + 1);
        }
    }
    fprintf(stderr, "carewatch: no subcommand \"%s\"; carewatch --help lists them\n", argv[1]);
    return EXIT_USAGE;
}
