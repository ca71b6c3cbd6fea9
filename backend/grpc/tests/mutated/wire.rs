//! Calls whose bytes are the test's own, and ways to spoil bytes.

use bytes::{Buf, BufMut, Bytes};
use tonic::{
    Code, Request, Status,
    codec::{Codec, DecodeBuf, Decoder, EncodeBuf, Encoder},
    transport::Channel,
};

/// Puts bytes on the wire as they are.
#[derive(Clone, Copy)]
struct AsIs;

impl Codec for AsIs {
    type Encode = Bytes;
    type Decode = Bytes;
    type Encoder = Self;
    type Decoder = Self;

    fn encoder(&mut self) -> Self {
        *self
    }

    fn decoder(&mut self) -> Self {
        *self
    }
}

impl Encoder for AsIs {
    type Item = Bytes;
    type Error = Status;

    fn encode(&mut self, item: Bytes, buffer: &mut EncodeBuf<'_>) -> Result<(), Status> {
        buffer.put(item);
        Ok(())
    }
}

impl Decoder for AsIs {
    type Item = Bytes;
    type Error = Status;

    fn decode(&mut self, buffer: &mut DecodeBuf<'_>) -> Result<Option<Bytes>, Status> {
        Ok(Some(buffer.copy_to_bytes(buffer.remaining())))
    }
}

/// Calls an rpc with these bytes; the refusal, if it is refused. A stream is dropped after its first message.
pub(crate) async fn call(channel: &Channel, rpc: &str, bytes: Vec<u8>) -> Result<(), Status> {
    let mut client = tonic::client::Grpc::new(channel.clone());
    client.ready().await.map_err(|error| Status::unavailable(error.to_string()))?;
    let path = format!("/TaskHubSidecarService/{rpc}").parse().unwrap();
    let mut request = Request::new(Bytes::from(bytes));
    // Some calls wait for what never comes.
    let waits = rpc.starts_with("WaitFor");
    request.set_timeout(std::time::Duration::from_millis(if waits { 5 } else { 10_000 }));
    let answer = client.server_streaming(request, path, AsIs).await?;
    if rpc == "GetWorkItems" {
        return Ok(());
    }
    answer.into_inner().message().await.map(drop)
}

/// Whether this is an answer that a caller can expect, whatever it sent.
pub(crate) fn is_documented(status: &Status) -> bool {
    match status.code() {
        Code::Ok
        | Code::InvalidArgument
        | Code::NotFound
        | Code::AlreadyExists
        | Code::FailedPrecondition
        | Code::ResourceExhausted
        | Code::OutOfRange
        | Code::Unimplemented
        | Code::Cancelled
        | Code::DeadlineExceeded => true,
        // Bytes that are no message at all.
        Code::Internal => status.message().starts_with("failed to decode Protobuf message"),
        Code::Unknown
        | Code::PermissionDenied
        | Code::Aborted
        | Code::Unavailable
        | Code::DataLoss
        | Code::Unauthenticated => false,
    }
}

/// Chance that comes again with the same seed. Source: xorshift64*.
pub(crate) struct Dice(u64);

impl Dice {
    pub(crate) fn new(seed: u64) -> Self {
        Self(seed.wrapping_mul(0x9E37_79B9_7F4A_7C15) | 1)
    }

    pub(crate) fn below(&mut self, bound: usize) -> usize {
        self.0 ^= self.0 >> 12;
        self.0 ^= self.0 << 25;
        self.0 ^= self.0 >> 27;
        let number = self.0.wrapping_mul(0x2545_F491_4F6C_DD1D) >> 33;
        usize::try_from(number).unwrap() % bound.max(1)
    }
}

/// Spoils a message in one to three ways.
pub(crate) fn spoil(mut bytes: Vec<u8>, dice: &mut Dice) -> Vec<u8> {
    for _ in 0..=dice.below(3) {
        let at = dice.below(bytes.len() + 1);
        match dice.below(7) {
            0 => bytes.truncate(at),
            1 => bytes.insert(at, u8::try_from(dice.below(256)).unwrap()),
            // A number as large as there is, or a negative one.
            2 => drop(bytes.splice(at..at, [0xFF; 9].into_iter().chain([0x01]))),
            3 => {
                let end = at + dice.below(bytes.len() + 1 - at);
                let again = bytes[at..end].to_vec();
                bytes.splice(at..at, again);
            }
            4 => {
                let end = at + dice.below((bytes.len() + 1 - at).min(8));
                bytes.drain(at..end);
            }
            // Groups within groups, as deep as it goes.
            5 => drop(bytes.splice(at..at, std::iter::repeat_n(0x0B, 300))),
            _ => {
                if let Some(byte) = bytes.get_mut(at) {
                    *byte ^= 1 << dice.below(8);
                }
            }
        }
    }
    bytes
}
