/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* What can be added to a guest, or taken from it, while it runs, and what to a definition. */
#pragma once

#include "conf/domain-def.h"

/* TRUE when @device, as a client wrote it, is of a kind that running @def can get. Errors:
 * OPERATION_UNSUPPORTED; OPERATION_INVALID, OPERATION_FAILED, XML_ERROR for one that is there
 * already. All in libvirt's words. Any thread, as those below. */
gboolean virtcpu_device_can_plug(const VirtCpuDomainDef *def, const VirtCpuDeviceInfo *device,
                                 GError **error) G_GNUC_WARN_UNUSED_RESULT;

/* The same for a definition. */
gboolean virtcpu_device_can_define(const VirtCpuDomainDef *def, const VirtCpuDeviceInfo *device,
                                   GError **error) G_GNUC_WARN_UNUSED_RESULT;

/* TRUE when a running guest can lose a device of the kind of @like, as a client wrote it. Errors:
 * OPERATION_UNSUPPORTED. */
gboolean virtcpu_device_can_unplug_kind(const VirtCpuDeviceInfo *like,
                                        GError **error) G_GNUC_WARN_UNUSED_RESULT;

/* TRUE when running @def can lose @device, which is one of its own. Errors: OPERATION_UNSUPPORTED;
 * OPERATION_FAILED while others depend on it. */
gboolean virtcpu_device_can_unplug(const VirtCpuDomainDef *def, const VirtCpuDeviceInfo *device,
                                   GError **error) G_GNUC_WARN_UNUSED_RESULT;

/* TRUE when a definition can lose a device of the kind of @like. Errors: OPERATION_UNSUPPORTED. */
gboolean virtcpu_device_can_undefine(const VirtCpuDeviceInfo *like,
                                     GError **error) G_GNUC_WARN_UNUSED_RESULT;
