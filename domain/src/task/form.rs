//! Forms: what a form-js schema asks of the data that a person sends.
