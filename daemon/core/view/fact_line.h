/*
 * fact_line.h - what happened, as lines for the time-series database through the encoder
 * plugin: measurements alarm, service and kpi.
 *
 *   alarm,device=..,district=..,site=.. id="..",rule="..",change="raised",state="unack",.. ns
 *   service,district=..,site=.. visit="..",service="..",state="..",exceptions="late|missed" ns
 *   service,district=..,site=.. activity="..",category="training",sessions=1,persons=12 ns
 *   kpi open_high=1,..,messages_per_s=12.5 ns
 *
 * Tags are site, device and district alone, everything else is a field. Never a person:
 * neither resident nor recipient, neither worker nor who acknowledged, no bed and no note.
 *
 * Each appends one line and returns true, or false when the encoder cannot write it.
 */
#ifndef CORE_VIEW_FACT_LINE_H
#define CORE_VIEW_FACT_LINE_H

#include "base/buf.h"
#include "core/service/activity.h"
#include "core/service/visit.h"
#include "core/view/kpi.h"

bool fact_of_transition(const struct ruleset *rules, const struct transition *transition,
                        int64_t time_ns, struct buf *out);
bool fact_of_visit(const struct ruleset *rules, const struct site *site,
                   const struct visit *visit, int64_t time_ns, struct buf *out);
bool fact_of_activity(const struct ruleset *rules, const struct activity_change *change,
                      int64_t time_ns, struct buf *out);
bool fact_of_kpi(const struct ruleset *rules, const struct kpi *kpi, double messages_per_s,
                 int64_t time_ns, struct buf *out);

#endif
