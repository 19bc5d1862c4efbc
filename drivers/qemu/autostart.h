/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Starting what is marked autostart. */
#pragma once

#include "drivers/qemu/driver.h"

/* Have workers start every inactive domain marked autostart, once a boot of the host: a daemon that
 * is merely restarted starts nothing that was shut down since. */
void virtcpu_driver_autostart(VirtCpuDriver *driver);
