/*
 * child.h - real programs for tests: started with private data on ports the system picks,
 * waited for by connecting, stopped by their own pid. A child dies with the test.
 */
#ifndef TESTS_IO_CHILD_H
#define TESTS_IO_CHILD_H

#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <unistd.h>

#include <arpa/inet.h>

#include "base/mem.h"

#define CHILD_PATIENCE_MS 30000
#define CHILD_STEP_MS 20

/* A private folder below /tmp; child_remove_folder() takes it away. */
static inline void child_make_folder(char dst[64])
{
    (void)snprintf(dst, 64, "/tmp/carewatch-test-XXXXXX");
    if (!mkdtemp(dst))
        BUG("mkdtemp: %s", strerror(errno));
}

static inline pid_t child_start(const char *const argv[], const char *log_path)
{
    const pid_t parent = getpid();
    const pid_t pid = fork();

    if (pid < 0)
        BUG("fork: %s", strerror(errno));
    if (pid > 0)
        return pid;
    if (prctl(PR_SET_PDEATHSIG, SIGKILL) || getppid() != parent)
        _exit(126);
    const int null = open("/dev/null", O_RDONLY);
    const int log = open(log_path, O_WRONLY | O_CREAT | O_APPEND | O_CLOEXEC, 0600);
    if (null < 0 || log < 0 || dup2(null, 0) < 0 || dup2(log, 1) < 0 || dup2(log, 2) < 0)
        _exit(126);
    (void)execv(argv[0], (char *const *)(uintptr_t)argv);
    _exit(127);
}

/* Blocks until it is gone; its wait status. */
static inline int child_stop(pid_t pid, int signal)
{
    int status = 0;

    if (pid <= 0)
        return 0;
    (void)kill(pid, signal);
    while (waitpid(pid, &status, 0) < 0 && errno == EINTR) {
    }
    return status;
}

static inline void child_remove_folder(const char *path)
{
    const char *const argv[] = {"/bin/rm", "-rf", path, NULL};

    if (strncmp(path, "/tmp/carewatch-test-", 20) == 0)
        (void)child_stop(child_start(argv, "/dev/null"), 0);
}

static inline struct sockaddr_in child_address(int port)
{
    struct sockaddr_in address = {.sin_family = AF_INET, .sin_port = htons((uint16_t)port)};

    address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    return address;
}

/* A port of 127.0.0.1 that was free just now. */
static inline int child_free_port(void)
{
    struct sockaddr_in address = child_address(0);
    socklen_t n = sizeof(address);
    const int fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);

    if (fd < 0 || bind(fd, (const struct sockaddr *)&address, n) ||
        getsockname(fd, (struct sockaddr *)&address, &n))
        BUG("no free port: %s", strerror(errno));
    (void)close(fd);
    return ntohs(address.sin_port);
}

static inline bool child_listens(int port)
{
    const struct sockaddr_in address = child_address(port);
    const int fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
    const bool up =
        fd >= 0 && connect(fd, (const struct sockaddr *)&address, sizeof(address)) == 0;

    if (fd >= 0)
        (void)close(fd);
    return up;
}

/* True once somebody listens; false when the child ended or it takes too long. */
static inline bool child_wait_for_port(pid_t pid, int port)
{
    for (int waited_ms = 0; waited_ms < CHILD_PATIENCE_MS; waited_ms += CHILD_STEP_MS) {
        if (child_listens(port))
            return true;
        if (waitpid(pid, NULL, WNOHANG) != 0)
            return false;
        (void)poll(NULL, 0, CHILD_STEP_MS);
    }
    return false;
}

#endif
