/*
 * broker.h - a real mosquitto for one test: own port, own configuration, own data.
 *
 *   if (!broker_installed()) return 77;
 *   broker_start(&broker, "persistence true\n");  ...  broker_stop(&broker);
 *
 * broker_start() returns once mosquitto says that it runs, so nobody waits a fixed time. A
 * broker that was stopped can be started again: same port, same data.
 */
#ifndef TESTS_IO_BROKER_H
#define TESTS_IO_BROKER_H

#include <arpa/inet.h>
#include <limits.h>
#include <netinet/in.h>
#include <pwd.h>
#include <signal.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <unistd.h>

struct broker {
    char dir[64];
    char url[64]; /* tcp://127.0.0.1:PORT */
    int port;
    pid_t pid;
};

static inline const char *broker_program(void)
{
    static const char *const places[] = {"/usr/sbin/mosquitto", "/usr/local/sbin/mosquitto",
                                         "/usr/bin/mosquitto", "/opt/homebrew/sbin/mosquitto"};

    for (size_t i = 0; i < sizeof(places) / sizeof(*places); i++) {
        if (access(places[i], X_OK) == 0)
            return places[i];
    }
    return NULL;
}

static inline bool broker_installed(void)
{
    if (broker_program())
        return true;
    fprintf(stderr, "skipped: mosquitto is not installed\n");
    return false;
}

static inline int broker_free_port(void)
{
    struct sockaddr_in address = {.sin_family = AF_INET};
    socklen_t size = sizeof(address);
    int fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);

    address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    if (fd < 0 || bind(fd, (struct sockaddr *)&address, sizeof(address)) < 0 ||
        getsockname(fd, (struct sockaddr *)&address, &size) < 0)
        abort();
    close(fd);
    return ntohs(address.sin_port);
}

/* Makes the broker's folder and chooses its port. */
static inline void broker_init(struct broker *broker)
{
    *broker = (struct broker){.dir = "/tmp/carewatch-broker-XXXXXX"};
    if (!mkdtemp(broker->dir))
        abort();
    broker->port = broker_free_port();
    snprintf(broker->url, sizeof(broker->url), "tcp://127.0.0.1:%d", broker->port);
}

static inline void broker_write_config(const struct broker *broker, const char *more)
{
    char path[PATH_MAX];
    const struct passwd *user = getpwuid(geteuid());

    snprintf(path, sizeof(path), "%s/mosquitto.conf", broker->dir);
    FILE *f = fopen(path, "w");
    if (!f)
        abort();
    fprintf(f,
            "listener %d 127.0.0.1\nallow_anonymous true\nuser %s\nlog_dest stderr\n"
            "log_type error\nlog_type warning\nlog_type information\n"
            "connection_messages false\npersistence true\npersistence_location %s/\n"
            "max_queued_messages 100000000\n%s",
            broker->port, user ? user->pw_name : "root", broker->dir, more);
    fclose(f);
}

/* Reads what mosquitto says until it runs; false when it ended instead. */
static inline bool broker_runs(FILE *says)
{
    char line[512];

    while (fgets(line, sizeof(line), says)) {
        if (strstr(line, " running"))
            return true;
        if (strstr(line, "Error"))
            fprintf(stderr, "mosquitto: %s", line);
    }
    return false;
}

/* `more`: further lines of configuration. Aborts the test when mosquitto does not start. */
static inline void broker_start(struct broker *broker, const char *more)
{
    char path[PATH_MAX];
    int says[2];

    broker_write_config(broker, more);
    snprintf(path, sizeof(path), "%s/mosquitto.conf", broker->dir);
    if (pipe(says) < 0)
        abort();
    broker->pid = fork();
    if (broker->pid == 0) {
        (void)prctl(PR_SET_PDEATHSIG, SIGKILL); /* a test that dies leaves nothing */
        (void)dup2(says[1], STDERR_FILENO);
        close(says[0]);
        execl(broker_program(), "mosquitto", "-c", path, (char *)NULL);
        _exit(127);
    }
    close(says[1]);
    FILE *f = fdopen(says[0], "r");
    if (broker->pid < 0 || !f || !broker_runs(f))
        abort();
    /* mosquitto ignores SIGPIPE; what it says later is lost. */
    fclose(f);
}

static inline void broker_stop(struct broker *broker)
{
    if (broker->pid > 0) {
        kill(broker->pid, SIGTERM);
        while (waitpid(broker->pid, NULL, 0) < 0)
            ;
    }
    broker->pid = 0;
}

static inline void broker_remove(const struct broker *broker)
{
    static const char *const names[] = {"mosquitto.conf", "mosquitto.db", "mosquitto.db.new",
                                        "ca.key",         "ca.pem",       "server.key",
                                        "server.csr",     "server.pem",   "ca.srl"};
    char path[PATH_MAX];

    for (size_t i = 0; i < sizeof(names) / sizeof(*names); i++) {
        snprintf(path, sizeof(path), "%s/%s", broker->dir, names[i]);
        (void)unlink(path);
    }
    (void)rmdir(broker->dir);
}

#endif
