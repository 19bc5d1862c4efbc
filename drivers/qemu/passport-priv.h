/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* What writing and reading passports share; for passport-format.c and passport-parse.c only. */
#pragma once

#include "drivers/qemu/cpu-passport.h"

/* Changes when the form does. */
#define VIRTCPU_PASSPORT_FORMAT_VERSION "1"

/* The root's attribute that is no part of what it sums up. */
#define VIRTCPU_PASSPORT_CHECKSUM "checksum"
