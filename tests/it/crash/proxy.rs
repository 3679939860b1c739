//! A network between daemon and broker that can be cut, and that can swallow what the daemon says.

use std::io::{Read as _, Write as _};
use std::net::{Shutdown, TcpListener, TcpStream};
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex};
use std::thread::spawn;

/// Passes bytes both ways while it lives.
pub(super) struct Proxy {
    pub(super) port: u16,
    shared: Arc<Shared>,
}

#[derive(Default)]
struct Shared {
    open: Mutex<Vec<TcpStream>>,
    is_mute: AtomicBool,
    is_over: AtomicBool,
}

impl Proxy {
    /// A proxy to a port of this machine.
    pub(super) fn start(to: u16) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").unwrap();
        let port = listener.local_addr().unwrap().port();
        let shared = Arc::new(Shared::default());
        let of_thread = Arc::clone(&shared);
        spawn(move || {
            for daemon in listener.incoming() {
                if of_thread.is_over.load(Ordering::SeqCst) {
                    return;
                }
                // A broker that is away: the daemon's connection ends at once.
                let Ok(broker) = TcpStream::connect(("127.0.0.1", to)) else { continue };
                of_thread.join(daemon.unwrap(), broker);
            }
        });
        Self { port, shared }
    }

    /// Ends every connection.
    pub(super) fn cut(&self) {
        for stream in self.shared.open.lock().unwrap().drain(..) {
            let _ = stream.shutdown(Shutdown::Both);
        }
    }

    /// Whether what the daemon says is lost on the way, acknowledgements with it.
    pub(super) fn mute(&self, is_mute: bool) {
        self.shared.is_mute.store(is_mute, Ordering::SeqCst);
    }
}

impl Drop for Proxy {
    fn drop(&mut self) {
        self.shared.is_over.store(true, Ordering::SeqCst);
        let _ = TcpStream::connect(("127.0.0.1", self.port));
        self.cut();
    }
}

impl Shared {
    fn join(self: &Arc<Self>, daemon: TcpStream, broker: TcpStream) {
        let ways = [
            (daemon.try_clone().unwrap(), broker.try_clone().unwrap(), true),
            (broker.try_clone().unwrap(), daemon.try_clone().unwrap(), false),
        ];
        self.open.lock().unwrap().extend([daemon, broker]);
        for (from, to, is_daemon) in ways {
            let shared = Arc::clone(self);
            spawn(move || shared.pass(from, to, is_daemon));
        }
    }

    fn pass(&self, mut from: TcpStream, mut to: TcpStream, is_daemon: bool) {
        let mut bytes = [0; 1 << 16];
        while let Ok(count @ 1..) = from.read(&mut bytes) {
            let swallows = is_daemon && self.is_mute.load(Ordering::SeqCst);
            if !swallows && to.write_all(&bytes[..count]).is_err() {
                break;
            }
        }
        let _ = from.shutdown(Shutdown::Both);
        let _ = to.shutdown(Shutdown::Both);
    }
}
