/*
 * cli.h - the subcommands of the one binary, each in its own cmd_*.c.
 *
 * Exit: 0 ok, 1 negative answer, 2 usage, 3 cannot reach, 4 refused. Data to stdout, talk to
 * stderr.
 */
#ifndef CLI_H
#define CLI_H

enum exit_code { EXIT_OK = 0, EXIT_NEGATIVE, EXIT_USAGE, EXIT_UNREACHABLE, EXIT_REFUSED };

struct subcommand {
    const char *name;
    const char *arguments;             /* for usage: "-c FILE [-o json]" */
    const char *help;                  /* one line */
    int (*run)(int argc, char **argv); /* argv[0] is the subcommand */
};

/* argv is permuted by getopt_long; returns an enum exit_code. */
int cmd_serve(int argc, char **argv);
int cmd_check(int argc, char **argv);
int cmd_config(int argc, char **argv);
int cmd_journal(int argc, char **argv);
int cmd_replay(int argc, char **argv);
int cmd_sim(int argc, char **argv);
int cmd_token(int argc, char **argv);
int cmd_schema(int argc, char **argv);
int cmd_store(int argc, char **argv);
int cmd_test(int argc, char **argv);
int cmd_score(int argc, char **argv);
int cmd_status(int argc, char **argv);
int cmd_alarms(int argc, char **argv);
int cmd_audit(int argc, char **argv);
int cmd_order(int argc, char **argv); /* ack, assign, close, ... */
int cmd_silence(int argc, char **argv);
int cmd_maintenance(int argc, char **argv);
int cmd_roster(int argc, char **argv);
int cmd_limit(int argc, char **argv);
int cmd_report(int argc, char **argv);
int cmd_sites(int argc, char **argv);
int cmd_visits(int argc, char **argv);
int cmd_projects(int argc, char **argv);
int cmd_credit(int argc, char **argv);
int cmd_import(int argc, char **argv);
int cmd_notify_test(int argc, char **argv);

#endif
