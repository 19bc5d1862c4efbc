/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Capabilities of QEMUs that tests are about. */
#pragma once

#include "drivers/qemu/caps.h"

/* Those that @text says, in the cache's JSON (transfer full). */
VirtCpuQemuCaps *test_caps_parse(const char *text);

/* The QEMU of the golden command lines, tests/data/args/caps.json (transfer full). */
VirtCpuQemuCaps *test_caps_read(void);
