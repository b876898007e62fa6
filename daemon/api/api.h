/*
 * api.h - the routes of /api/v1 and the pages: who may ask what, and the event streams.
 *
 * One table of routes gives method, path, roles, parameters, help; the OpenAPI document is
 * printed from it. A route without a role rule does not start.
 */
#ifndef API_H
#define API_H

#include "core/alarm/alarm.h"

struct daemon;
struct api;
struct http_request;

int api_start(struct api **api, struct daemon *daemon, struct cw_error *err);
void api_stop(struct api *api);
/* http_handlers: */
void api_request(void *api, const struct http_request *request);
void api_gone(void *api, uint64_t id);
/* From the pipeline: goes to the streams that may see it. */
void api_transition(struct api *api, const struct transition *transition);
/* The ordinal-th visit that changed with the record at `at`. */
void api_visit(struct api *api, struct position at, uint32_t ordinal, const void *visit);
/* A resident of the place gave or withdrew a consent: what is shown of what was measured may be
 * another. */
void api_consent(struct api *api, const char *site, const char *district);
/* Is everything there that the work needs? What is not is in `reasons`. */
bool api_ready(const struct api *api, struct buf *reasons);
/* Once a second: kpi, marks, heartbeat. */
void api_tick(struct api *api, int64_t now_ns);
/* What was done without a request, by a signal or the clock: a line of the audit. */
void api_note(struct api *api, const char *by, const char *what, const char *of);
/* The OpenAPI 3.1 document; also `carewatch schema openapi`. */
void api_openapi(struct buf *out);
/* Which role may use which route, as a table; also `carewatch schema roles`. */
void api_role_matrix(struct buf *out);

#endif
