/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* The words of <domain>'s attributes; a test holds them against schemas/domain.rng. */
#pragma once

#include "conf/words.h"

/* <domain type=>, VirtCpuVirtType. */
extern const VirtCpuWords virtcpu_virt_type_words;
/* <on_poweroff> and its siblings, VirtCpuLifecycleAction. */
extern const VirtCpuWords virtcpu_action_words;
/* <disk><target bus=>, VirtCpuDiskBus. */
extern const VirtCpuWords virtcpu_disk_bus_words;
/* <serial type=> and <console type=>, VirtCpuChardevKind. */
extern const VirtCpuWords virtcpu_chardev_words;

/* <controller type=>, VirtCpuControllerType. */
extern const VirtCpuWords virtcpu_controller_type_words;
/* <interface type=>, VirtCpuNetType. */
extern const VirtCpuWords virtcpu_net_type_words;

/* <vcpusched scheduler=> and its siblings, VirtCpuScheduler; "none" is never written. */
extern const VirtCpuWords virtcpu_scheduler_words;
/* <source startupPolicy=>, VirtCpuStartupPolicy; "default" is never written. */
extern const VirtCpuWords virtcpu_startup_words;
/* <link state=>, VirtCpuTristate; "absent" is never written. */
extern const VirtCpuWords virtcpu_link_words;
/* <target tray=>, VirtCpuTristate; "absent" is never written. */
extern const VirtCpuWords virtcpu_tray_words;

/* Words of attributes that are kept as they are written. */

/* <memoryBacking><source type=>. */
extern const VirtCpuWords virtcpu_memory_source_words;
/* <memoryBacking><access mode=>. */
extern const VirtCpuWords virtcpu_memory_access_words;
/* <memoryBacking><allocation mode=>. */
extern const VirtCpuWords virtcpu_memory_allocation_words;
/* <numatune><memory mode=>; the first is libvirt's default. */
extern const VirtCpuWords virtcpu_memory_mode_words;
/* <loader type=>. */
extern const VirtCpuWords virtcpu_firmware_words;
extern const VirtCpuWords virtcpu_loader_type_words;
/* <os><boot dev=>. */
extern const VirtCpuWords virtcpu_boot_dev_words;
/* <clock offset=>. */
extern const VirtCpuWords virtcpu_clock_offset_words;
/* <disk device=>. */
extern const VirtCpuWords virtcpu_disk_device_words;
/* <disk><driver type=>. */
extern const VirtCpuWords virtcpu_disk_format_words;
/* <disk><driver cache=>. */
extern const VirtCpuWords virtcpu_disk_cache_words;
/* <disk><driver io=>. */
extern const VirtCpuWords virtcpu_disk_io_words;
/* <disk><driver discard=>. */
extern const VirtCpuWords virtcpu_disk_discard_words;
/* <interface><model type=>. */
extern const VirtCpuWords virtcpu_net_model_words;
/* <source mode=> of a UNIX socket. */
extern const VirtCpuWords virtcpu_chardev_mode_words;
/* <serial><target type=>. */
extern const VirtCpuWords virtcpu_serial_target_words;
/* <console><target type=>. */
extern const VirtCpuWords virtcpu_console_target_words;
/* <channel><target type=>. */
extern const VirtCpuWords virtcpu_channel_target_words;
/* <graphics><listen type=>. */
extern const VirtCpuWords virtcpu_listen_type_words;
/* <audio type=>. */
extern const VirtCpuWords virtcpu_audio_type_words;
/* <video><model type=>. */
extern const VirtCpuWords virtcpu_graphics_type_words;
extern const VirtCpuWords virtcpu_video_model_words;
/* <memballoon model=>. */
extern const VirtCpuWords virtcpu_memballoon_model_words;
/* <controller type='pci' model=>. */
extern const VirtCpuWords virtcpu_pci_model_words;
/* <controller type='scsi' model=>. */
extern const VirtCpuWords virtcpu_scsi_model_words;
/* <controller type='usb' model=>. */
extern const VirtCpuWords virtcpu_usb_model_words;
/* <input type=>. */
extern const VirtCpuWords virtcpu_input_type_words;
/* <input bus=>. */
extern const VirtCpuWords virtcpu_input_bus_words;
/* <watchdog model=>. */
extern const VirtCpuWords virtcpu_watchdog_model_words;
/* <watchdog action=>. */
extern const VirtCpuWords virtcpu_watchdog_action_words;
