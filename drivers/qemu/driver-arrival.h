/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* What is asked about guests that could move, without moving any. All that other floors include of
 * arrival*.h, passport*.h and migrate-portable.h is included here. */
#pragma once

#include "drivers/qemu/arrival-question.h"
#include "drivers/qemu/arrival.h"
#include "drivers/qemu/migrate-portable.h"
#include "drivers/qemu/passport-start.h"

/* The passport of the running domain whose UUID @def has, else of a start of @def here (transfer
 * full). Blocks: workers only. Errors: those of virtcpu_passport_make and
 * virtcpu_passport_of_start. */
VirtCpuPassport *virtcpu_driver_passport(VirtCpuDriver *driver, const VirtCpuDomainDef *def,
                                         GError **error) G_GNUC_WARN_UNUSED_RESULT;

/* The same as text, for a <domain> in @xml (transfer full). */
char *virtcpu_driver_passport_text(VirtCpuDriver *driver, const char *xml,
                                   GError **error) G_GNUC_WARN_UNUSED_RESULT;

/* The answer to the question in @xml, see arrival-question.h, as JSON text (transfer full). Blocks:
 * workers only. Errors: those of virtcpu_arrival_question_parse and virtcpu_arrival_judge. */
char *virtcpu_driver_answer_arrival(VirtCpuDriver *driver, const char *xml,
                                    GError **error) G_GNUC_WARN_UNUSED_RESULT;
