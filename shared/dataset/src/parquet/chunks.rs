use bytes::Bytes;
use parquet::{
    errors::{ParquetError, Result},
    file::reader::{ChunkReader, Length},
};
use std::{
    io::{self, Read, Seek, SeekFrom},
    sync::{Arc, Mutex, PoisonError},
};

/// Anything seekable, read in pieces from several places.
pub(super) struct Chunks<R> {
    input: Arc<Mutex<R>>,
    length: u64,
}

impl<R: Seek> Chunks<R> {
    pub(super) fn new(mut input: R) -> io::Result<Self> {
        let length = input.seek(SeekFrom::End(0))?;
        Ok(Self { input: Arc::new(Mutex::new(input)), length })
    }
}

impl<R: Send> Length for Chunks<R> {
    fn len(&self) -> u64 {
        self.length
    }
}

impl<R: Read + Seek + Send> ChunkReader for Chunks<R> {
    type T = io::BufReader<Place<R>>;

    fn get_read(&self, start: u64) -> Result<Self::T> {
        Ok(io::BufReader::new(Place { input: Arc::clone(&self.input), at: start }))
    }

    fn get_bytes(&self, start: u64, length: usize) -> Result<Bytes> {
        // A damaged file may ask for more than there is in any memory.
        if start.checked_add(length as u64).is_none_or(|it| self.length < it) {
            return Err(ParquetError::EOF("a chunk ends after the file".to_owned()));
        }
        let mut bytes = vec![0; length];
        Place { input: Arc::clone(&self.input), at: start }.read_exact(&mut bytes)?;
        Ok(bytes.into())
    }
}

/// A place to read on from.
pub(super) struct Place<R> {
    input: Arc<Mutex<R>>,
    at: u64,
}

impl<R: Read + Seek> Read for Place<R> {
    fn read(&mut self, space: &mut [u8]) -> io::Result<usize> {
        let mut input = self.input.lock().unwrap_or_else(PoisonError::into_inner);
        input.seek(SeekFrom::Start(self.at))?;
        let count = input.read(space)?;
        // The parquet crate reads on and on where a damaged page has no end.
        if count == 0 && !space.is_empty() {
            return Err(io::ErrorKind::UnexpectedEof.into());
        }
        self.at += count as u64;
        Ok(count)
    }
}
