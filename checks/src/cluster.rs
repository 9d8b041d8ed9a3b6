pub mod exists;
