/*
 * cause.c - the list.
 */
#include "core/alarm/cause.h"

#include <stddef.h>

const struct cause causes[] = {
    {"handled", "已处置", "Handled on the scene", false},
    {"assisted", "已协助", "Helped, no emergency", false},
    {"hospital", "送医", "Taken to hospital", true},
    {"handed_over", "已移交", "Handed over (120, 119, 110)", true},
    {"false_alarm", "误报", "False alarm", false},
    {"accidental", "误触", "Pressed by accident", false},
    {"device_fault", "设备故障", "Fault of the device", false},
    {"drill", "演练或测试", "Drill or test", false},
    {"other", "其他", "Something else", true},
    {NULL, NULL, NULL, false},
};
