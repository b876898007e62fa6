/*
 * supervision.h - is it alive? Heartbeats of devices and sites against their class. Part of
 * the fold; all times are engine time.
 *
 *   heard           online
 *   class passed    silent          alarm device_silent, "site/device"
 *   no data for 3   alive_no_data   alarm alive_no_data, "site/device"
 *   our links down  unknown         nothing is judged: we are deaf, they may be well
 *
 * A site's outage is one alarm, subject "site": site_silent when nobody there speaks for the
 * site's class, all its rostered devices are silent or its gateway is lost; alive_no_data
 * when the gateway lives and no device behind it does. Alarms of its devices fold under it.
 * So that an outage does not first tell of two hundred devices, a silent device waits for
 * evidence: when another device of the site spoke about as late as it did fall silent it is
 * told at once (two such, not more), else the site is judged first. With rule.fold_site
 * false there is no folding and no waiting.
 *
 * Undeclared devices without a class get no alarm, but become unknown, never "fine".
 */
#ifndef CORE_SERIES_SUPERVISION_H
#define CORE_SERIES_SUPERVISION_H

#include "core/fold.h"

/* After a boot or a lost link the backlog comes first: deadlines start this much later. */
#define SUPERVISION_DRAIN_NS (INT64_C(10) * 1000000000)
/* A last will may be a short reconnect: how long a gateway's is doubted. */
#define SUPERVISION_CONFIRM_NS (INT64_C(15) * 1000000000)
#define SUPERVISION_NO_DATA_CLASSES 3

enum site_outage { OUTAGE_NONE, OUTAGE_CUT, OUTAGE_MUTE };

/* A live (not retained) message of the device arrived; is_data: telemetry or event. Call it
 * for rosters, telemetry and events; supervision_status() does it for status. O(1). */
void supervision_heard(struct fold *fold, struct site *site, struct device *device,
                       bool is_data);
/* A status message: {"ts","online","class"}. online=false (the last will) is silence at
 * once. A retained one sets class and silence but is no sign of life. CW_REFUSED_SHAPE or
 * CW_REFUSED_EVENT with err. */
enum cw_refusal supervision_status(struct fold *fold, struct site *site, struct device *device,
                                   const struct cw_doc *doc, bool retained,
                                   struct cw_error *err);
/* A TIMER_DEVICE, a TIMER_SITE fired. */
void supervision_due_device(struct fold *fold, struct device *device);
void supervision_due_site(struct fold *fold, struct site *site);
/* The maintenance of the device, or of the whole site ("") ends: whoever was silent meanwhile
 * is unknown, and is told only when it is not heard within its class from now on. */
void supervision_anew(struct fold *fold, const char *site, const char *device);
/* Whether at least one of our sessions is up; sets fold->linked. A message heard while down
 * proves a link. */
void supervision_link(struct fold *fold, bool up);
/* RECORD_BOOT: no link until one is heard of, deadlines start anew. */
void supervision_boot(struct fold *fold);

#endif
