/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "conf/domain-words.h"

#include "conf/domain-def.h"

static const char *const virt_types[] = { "qemu", "kvm" };
static const char *const actions[] = { "destroy", "restart", "rename-restart", "preserve" };
static const char *const disk_buses[] = { "virtio", "ide", "sata", "scsi", "usb" };
static const char *const chardevs[] = { "pty", "file", "unix", "null", "spicevmc" };
static const char *const schedulers[] = { "none", "batch", "idle", "fifo", "rr" };
static const char *const startups[] = { "default", "mandatory", "requisite", "optional" };
static const char *const links[] = { "absent", "up", "down" };
static const char *const trays[] = { "absent", "open", "closed" };
static const char *const memory_sources[] = { "anonymous", "file", "memfd" };
static const char *const memory_accesses[] = { "shared", "private" };
static const char *const memory_allocations[] = { "immediate", "ondemand" };
static const char *const memory_modes[] = { "strict", "preferred", "interleave" };
static const char *const firmwares[] = { "bios", "efi" };
static const char *const loader_types[] = { "rom", "pflash" };
static const char *const boot_devs[] = { "hd", "cdrom", "network" };
static const char *const clock_offsets[] = { "utc", "localtime" };
static const char *const disk_devices[] = { "disk", "cdrom" };
static const char *const disk_formats[] = { "raw", "qcow2" };
static const char *const disk_caches[] = { "none", "writeback", "writethrough", "directsync",
                                           "unsafe" };
static const char *const disk_ios[] = { "threads", "native", "io_uring" };
static const char *const disk_discards[] = { "unmap", "ignore" };
static const char *const net_models[] = { "virtio",  "e1000", "e1000e",
                                          "rtl8139", "pcnet", "ne2k_pci" };
static const char *const chardev_modes[] = { "bind", "connect" };
static const char *const serial_targets[] = { "isa-serial", "system-serial" };
static const char *const console_targets[] = { "serial", "virtio" };
static const char *const channel_targets[] = { "virtio" };
static const char *const listen_types[] = { "address", "socket" };
static const char *const audio_types[] = { "none" };
static const char *const graphics_types[] = { "vnc", "spice" };
static const char *const video_models[] = { "vga", "cirrus", "bochs", "virtio", "qxl", "none" };
static const char *const memballoon_models[] = { "virtio", "none" };
static const char *const controller_types[] = {
    "ide", "sata", "scsi", "usb", "virtio-serial", "pci"
};
static const char *const net_types[] = { "user", "bridge", "ethernet" };
static const char *const pci_models[] = { "pci-root",          "pcie-root",
                                          "pci-bridge",        "pcie-root-port",
                                          "dmi-to-pci-bridge", "pcie-to-pci-bridge" };
static const char *const scsi_models[] = { "virtio-scsi", "lsilogic" };
static const char *const usb_models[] = { "piix3-uhci", "ehci",       "ich9-ehci1", "ich9-uhci1",
                                          "ich9-uhci2", "ich9-uhci3", "pci-ohci",   "nec-xhci",
                                          "qemu-xhci",  "none" };
static const char *const input_types[] = { "tablet", "mouse", "keyboard" };
static const char *const input_buses[] = { "ps2", "usb", "virtio" };
static const char *const watchdog_models[] = { "i6300esb", "ib700", "diag288", "itco" };
static const char *const watchdog_actions[] = { "reset", "shutdown", "poweroff",
                                                "pause", "none",     "inject-nmi" };

VIRTCPU_WORDS_DEFINE(virtcpu_virt_type_words, virt_types, VIRTCPU_VIRT_LAST);
VIRTCPU_WORDS_DEFINE(virtcpu_action_words, actions, VIRTCPU_ACTION_LAST);
VIRTCPU_WORDS_DEFINE(virtcpu_disk_bus_words, disk_buses, VIRTCPU_BUS_LAST);
VIRTCPU_WORDS_DEFINE(virtcpu_chardev_words, chardevs, VIRTCPU_CHARDEV_LAST);
VIRTCPU_WORDS_DEFINE(virtcpu_scheduler_words, schedulers, VIRTCPU_SCHEDULER_LAST);
VIRTCPU_WORDS_DEFINE(virtcpu_startup_words, startups, VIRTCPU_STARTUP_LAST);
VIRTCPU_WORDS_DEFINE(virtcpu_link_words, links, VIRTCPU_TRISTATE_NO + 1);
VIRTCPU_WORDS_DEFINE(virtcpu_tray_words, trays, VIRTCPU_TRISTATE_NO + 1);
VIRTCPU_WORDS_DEFINE_LIST(virtcpu_memory_source_words, memory_sources);
VIRTCPU_WORDS_DEFINE_LIST(virtcpu_memory_access_words, memory_accesses);
VIRTCPU_WORDS_DEFINE_LIST(virtcpu_memory_allocation_words, memory_allocations);
VIRTCPU_WORDS_DEFINE_LIST(virtcpu_memory_mode_words, memory_modes);
VIRTCPU_WORDS_DEFINE_LIST(virtcpu_firmware_words, firmwares);
VIRTCPU_WORDS_DEFINE_LIST(virtcpu_loader_type_words, loader_types);
VIRTCPU_WORDS_DEFINE_LIST(virtcpu_boot_dev_words, boot_devs);
VIRTCPU_WORDS_DEFINE_LIST(virtcpu_clock_offset_words, clock_offsets);
VIRTCPU_WORDS_DEFINE_LIST(virtcpu_disk_device_words, disk_devices);
VIRTCPU_WORDS_DEFINE_LIST(virtcpu_disk_format_words, disk_formats);
VIRTCPU_WORDS_DEFINE_LIST(virtcpu_disk_cache_words, disk_caches);
VIRTCPU_WORDS_DEFINE_LIST(virtcpu_disk_io_words, disk_ios);
VIRTCPU_WORDS_DEFINE_LIST(virtcpu_disk_discard_words, disk_discards);
VIRTCPU_WORDS_DEFINE_LIST(virtcpu_net_model_words, net_models);
VIRTCPU_WORDS_DEFINE_LIST(virtcpu_chardev_mode_words, chardev_modes);
VIRTCPU_WORDS_DEFINE_LIST(virtcpu_serial_target_words, serial_targets);
VIRTCPU_WORDS_DEFINE_LIST(virtcpu_console_target_words, console_targets);
VIRTCPU_WORDS_DEFINE_LIST(virtcpu_channel_target_words, channel_targets);
VIRTCPU_WORDS_DEFINE_LIST(virtcpu_listen_type_words, listen_types);
VIRTCPU_WORDS_DEFINE_LIST(virtcpu_audio_type_words, audio_types);
VIRTCPU_WORDS_DEFINE_LIST(virtcpu_graphics_type_words, graphics_types);
VIRTCPU_WORDS_DEFINE_LIST(virtcpu_video_model_words, video_models);
VIRTCPU_WORDS_DEFINE_LIST(virtcpu_memballoon_model_words, memballoon_models);
VIRTCPU_WORDS_DEFINE(virtcpu_controller_type_words, controller_types, VIRTCPU_CONTROLLER_LAST);
VIRTCPU_WORDS_DEFINE(virtcpu_net_type_words, net_types, VIRTCPU_NET_LAST);
VIRTCPU_WORDS_DEFINE_LIST(virtcpu_pci_model_words, pci_models);
VIRTCPU_WORDS_DEFINE_LIST(virtcpu_scsi_model_words, scsi_models);
VIRTCPU_WORDS_DEFINE_LIST(virtcpu_usb_model_words, usb_models);
VIRTCPU_WORDS_DEFINE_LIST(virtcpu_input_type_words, input_types);
VIRTCPU_WORDS_DEFINE_LIST(virtcpu_input_bus_words, input_buses);
VIRTCPU_WORDS_DEFINE_LIST(virtcpu_watchdog_model_words, watchdog_models);
VIRTCPU_WORDS_DEFINE_LIST(virtcpu_watchdog_action_words, watchdog_actions);

const char *
virtcpu_virt_type_to_string(VirtCpuVirtType type)
{
    return virtcpu_words_to_string(&virtcpu_virt_type_words, (int)type);
}

gboolean
virtcpu_virt_type_from_string(const char *name, VirtCpuVirtType *type)
{
    int found = virtcpu_words_from_string(&virtcpu_virt_type_words, name);

    if (found < 0) {
        return FALSE;
    }
    *type = (VirtCpuVirtType)found;
    return TRUE;
}

const char *
virtcpu_disk_bus_to_string(VirtCpuDiskBus bus)
{
    return virtcpu_words_to_string(&virtcpu_disk_bus_words, (int)bus);
}

const char *
virtcpu_action_to_string(VirtCpuLifecycleAction action)
{
    return virtcpu_words_to_string(&virtcpu_action_words, (int)action);
}
