/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* <on_poweroff>, <on_reboot> and <on_crash>. */
#pragma once

#include "conf/domain-def.h"

/* May these actions follow? What QEMU cannot be told to do is refused when it is asked for, not
 * when it happens. CONFIG_UNSUPPORTED. */
gboolean virtcpu_domain_check_actions(const VirtCpuDomainDef *def,
                                      GError **error) G_GNUC_WARN_UNUSED_RESULT;
